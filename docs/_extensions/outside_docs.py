"""Links to what lies outside of docs/: GitHub shows these files, the site has pages that contain them.

Links to other files outside, such as a notebook, are left to MyST, which makes downloads of them.
"""

import re
from pathlib import Path, PurePosixPath

PAGES = {
    "CHANGELOG.md": "included/changes",
    "NOTICE": "included/notice",
    "benchmarks/README.md": "included/benchmarks",
    "compat_fixtures/README.md": "included/parity_cases",
    "fuzz/README.md": "included/fuzzing",
    "CONTRIBUTING.md": "included/contributing",
    "SECURITY.md": "included/security",
    "examples/compare_classes.py": "included/examples",
    "examples/explain_photograph.py": "included/examples",
    "examples/folder_of_pictures.py": "included/examples",
    "examples/understand_predictions.py": "included/examples",
}


def with_links_to_pages(app, docname, source):
    up = "../" * len(PurePosixPath(docname).parts)

    def link(match):
        page = PAGES.get(match[1])
        return match[0] if page is None else f"](/{page}.md{anchor(match[1])})"

    source[0] = re.sub(rf"\]\({re.escape(up)}([^)#\s]+)\)", link, source[0])


def anchor(file):
    """The heading of a script on the page of all examples."""
    return f"#{Path(file).name.replace('.', '')}" if file.startswith("examples/") else ""


def with_links_to_documents(app, what, name, obj, options, lines):
    """docs/gpu.md of a docstring as a link."""
    lines[:] = [re.sub(r"\bdocs/(\w+)\.md\b", r":doc:`docs/\1.md </\1>`", line) for line in lines]


def setup(app):
    app.connect("source-read", with_links_to_pages)
    app.connect("autodoc-process-docstring", with_links_to_documents)
    return {"parallel_read_safe": True}
