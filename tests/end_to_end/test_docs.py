"""Every example in the documentation runs."""

import doctest
import importlib
import pkgutil
import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

import occlusion_sensitivity

MODULES = [module.name for module in pkgutil.walk_packages(occlusion_sensitivity.__path__, "occlusion_sensitivity.")]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("_core")])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize("name", occlusion_sensitivity.__all__)
def test_public_names_have_an_example_that_is_run(name):
    public = getattr(occlusion_sensitivity, name)
    assert ">>>" in (public.__doc__ or "")
    assert public.__module__ in MODULES


def test_the_readme_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(files("occlusion_sensitivity") / "data" / "coffee.jpg", "cup.jpg")
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    names = {}
    exec(code, names)
    assert names["classNames"][names["channel"] - 1] == "espresso"
    assert names["scoreMap"].shape == (23, 12)
