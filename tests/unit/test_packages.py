"""What is packed and published: pyproject.toml, the workflows and the forms for issues say the same, and nothing else.

What they do is tried by tools/check_wheel.py. The workflows themselves were never run.
"""

import ast
import re
import runpy
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WHEELS = PROJECT["tool"]["cibuildwheel"]
FORMS = sorted(file for file in ROOT.joinpath(".github", "ISSUE_TEMPLATE").glob("*.yml") if file.stem != "config")
(NUMPY_ALONE,) = (override for override in WHEELS["overrides"] if "test-command" in override)
VERSIONS = [
    classifier.rpartition(" ")[2]
    for classifier in PROJECT["project"]["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", classifier)
]


def workflow(name):
    """YAML takes the name of its first key, on, for a truth."""
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))


def commands(job):
    return "\n".join(step.get("run", step.get("uses")) for step in job["steps"])


def test_wheels_are_for_the_versions_of_the_classifiers():
    assert VERSIONS[0] == PROJECT["project"]["requires-python"].removeprefix(">=")
    tags = [f"cp{version.replace('.', '')}" for version in VERSIONS]
    assert WHEELS["build"] == [f"{tag}-*" for tag in (*tags, f"{tags[-1]}t")]
    named = re.search(r"# For CPython (.*) each:", (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    assert re.split(", | and ", named[1]) == [*VERSIONS, f"{VERSIONS[-1]}t"]
    table = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert f"for CPython {named[1]}." in " ".join(table.split())


def test_the_sdist_is_what_is_under_version_control():
    """It has no list of its own; what is not under version control is ignored there, and so in the sdist."""
    assert set(PROJECT["tool"]["scikit-build"]) == {"minimum-version", "cmake", "wheel"}
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".venv*/", "build/", "dist/", "__pycache__/", "*.so", ".mypy_cache/", ".ruff_cache/"} < set(ignored)


def test_wheels_are_tested_without_the_source_of_the_package():
    sources = WHEELS["test-sources"]
    assert "python" not in sources
    assert "tests" in sources
    for source in sources:
        assert (ROOT / source).exists(), source
    for command in (WHEELS["test-command"], NUMPY_ALONE["test-command"]):
        tests = re.findall(r"tests/\S+", command)
        assert tests
        assert all((ROOT / test).exists() for test in tests), command


def test_where_only_numpy_is_the_tests_need_nothing_else():
    override = NUMPY_ALONE
    assert "--noconftest" in override["test-command"]
    assert override["test-extras"] == []
    for test in re.findall(r"tests/\S+", override["test-command"]):
        for node in ast.walk(ast.parse((ROOT / test).read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [module] if module else [one.name for one in node.names] if isinstance(node, ast.Import) else []
            allowed = {"numpy", "pytest", "occlusion_sensitivity", "kernel_checks", "reference"}
            assert set(names) - allowed <= {"fractions", "math", "pathlib", "subprocess", "sys"}, test


def test_nothing_is_published_before_everything_has_passed():
    jobs = workflow("release")["jobs"]
    assert set(jobs) == {"checks", "sdist", "wheels", "contents", "publish"}
    assert set(jobs["publish"]["needs"]) == {"checks", "contents"}
    assert set(jobs["contents"]["needs"]) == {"sdist", "wheels"}
    assert jobs["publish"]["if"] == "startsWith(github.ref, 'refs/tags/')"
    assert jobs["checks"]["uses"] == "./.github/workflows/tests.yml"
    assert ".ci/run" in commands(workflow("tests")["jobs"]["all-checks"])
    trusted = [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})]
    assert trusted == ["publish"]
    assert "pypa/gh-action-pypi-publish" in commands(jobs["publish"])


def test_wheels_are_built_on_every_platform_of_the_table():
    matrix = workflow("release")["jobs"]["wheels"]["strategy"]["matrix"]["include"]
    assert [(row["runner"], row["what"]) for row in matrix] == [
        ("ubuntu-24.04", "Linux x86-64 (manylinux and musllinux)"),
        ("ubuntu-24.04-arm", "Linux aarch64 (manylinux and musllinux)"),
        ("macos-15-intel", "macOS x86-64"),
        ("macos-15", "macOS arm64"),
        ("windows-2022", "Windows x86-64"),
    ]


def test_the_largest_wheel_is_the_same_everywhere():
    largest = runpy.run_path(str(ROOT / "tools" / "check_wheel.py"))["LARGEST"]
    assert f"-size +{largest}c" in commands(workflow("release")["jobs"]["contents"])


COMPILERS = ("c++", "cc", "gcc-12", "x86_64-linux-gnu-g++-12", "ld.bfd", "as", "clang", "cmake", "make", "ninja")
OTHERS = ("cat", "python3", "sh", "ldd", "chromium", "octave-cli", "ls", "mount", "node", "cargo-x")


def test_a_wheel_is_tested_without_compilers_and_with_everything_else():
    hidden = runpy.run_path(str(ROOT / "tools" / "check_wheel.py"))["COMPILERS"]
    assert [name for name in (*COMPILERS, *OTHERS) if re.fullmatch(hidden, name)] == list(COMPILERS)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_every_form_asks_for_what_info_prints(form):
    fields = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
    (info,) = [field for field in fields if field.get("id") == "info"]
    assert "`occlusion-sensitivity info`" in info["attributes"]["label"]
    assert info["validations"]["required"]


def test_there_is_a_form_for_each_kind_of_issue():
    assert [form.stem for form in FORMS] == ["bug", "numbers", "slow"]


def test_the_citation_is_of_this_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["license"] == PROJECT["project"]["license"]
    assert citation["keywords"] == PROJECT["project"]["keywords"]
    (author,) = citation["authors"]
    assert author["name"] in (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert "version" not in citation  # it stands in the package alone
