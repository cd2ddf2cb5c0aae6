"""examples/explain.ipynb runs from its first cell to its last, and shows what it says."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "explain.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    folder = tmp_path_factory.mktemp("notebook")
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return notebook


def shown(cell):
    """What a cell shows, by its kinds."""
    return [set(output.get("data", {})) for output in cell.outputs if output.output_type != "stream"]


def test_every_cell_shows_its_result_once(executed):
    by_source = {"".join(cell.source): cell for cell in executed.cells if cell.cell_type == "code"}
    for source, cell in by_source.items():
        kinds = shown(cell)
        if re.search(r"^(result|several)$|draw", source.splitlines()[-1]):
            assert sum("image/png" in kind for kind in kinds) == 1, source
        if re.search(r"^page$|^map_page", source.splitlines()[-1]):
            assert [("text/html" in kind) for kind in kinds] == [True], source
    assert len(by_source) == 8


def test_nothing_is_said_on_stderr_but_progress(executed):
    said = "".join(o.text for c in executed.cells for o in c.get("outputs", ()) if o.get("name") == "stderr")
    assert "Error" not in said
    assert re.sub(r"[^\n]*(images|it)/s[^\n]*|[^\n]*images \[[^\n]*", "", said).strip() == ""


def test_the_file_is_committed_without_results():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)
