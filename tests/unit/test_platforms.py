"""Every line that depends on the platform stands in the table of docs/platforms.md; and what is done on Windows alone.

The tests run on Linux. What they can say of other platforms is that nothing which differs there is used unseen.
"""

import ast
import errno
import re
import sys
from pathlib import Path

import pytest

import occlusion_sensitivity
from occlusion_sensitivity import cli, packages

ROOT = Path(__file__).parents[2]
PACKAGE = Path(occlusion_sensitivity.__file__).parent
TABLE = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8").partition("<!-- table -->")[2]

# What differs between systems, of these modules everything but what is named behind them.
MODULES = {
    "asyncio": {"AbstractEventLoop", "get_running_loop", "run_coroutine_threadsafe"},
    "ctypes": set(),
    "errno": set(),
    "fcntl": set(),
    "glob": set(),
    "locale": set(),
    "mmap": {"ACCESS_READ"},
    "msvcrt": set(),
    "multiprocessing": set(),
    "os": {"PathLike", "environ", "fspath", "path", "SEEK_CUR", "curdir", "getpid"},
    "os.path": {"abspath", "exists"},
    "platform": {"python_implementation", "python_version"},
    "resource": set(),
    "shutil": set(),
    "signal": set(),
    "socket": set(),
    "stat": set(),
    "subprocess": {"PIPE", "TimeoutExpired"},
    "tempfile": set(),
}
# Of objects, mostly paths and streams.
METHODS = {
    *("chmod", "expanduser", "fileno", "is_absolute", "is_symlink", "isatty", "reconfigure", "rename"),
    *("resolve", "rglob", "samefile", "st_mtime_ns", "symlink_to", "unlink", "os_cache"),
}
NAMES = {"FileLock", "url2pathname"}
OF_SYS = {"executable", "getfilesystemencoding", "getwindowsversion", "platform"}
OF_PROCESSES = ("creationflags", "start_new_session")


def dotted(node):
    """a.b.c of an expression that is that, otherwise None."""
    if isinstance(node, ast.Name):
        return node.id
    owner = dotted(node.value) if isinstance(node, ast.Attribute) else None
    return owner and f"{owner}.{node.attr}"


def platform_names(text):
    """What of a Python file's text depends on the platform."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            owner = dotted(node.value)
            if owner in MODULES and node.attr not in MODULES[owner]:
                yield f"{owner}.{node.attr}"
            elif owner == "sys" and node.attr in OF_SYS:
                yield f"sys.{node.attr}"
            elif node.attr in METHODS:
                yield f".{node.attr}"
        elif isinstance(node, ast.Call) and is_replace_of_a_path(node):
            yield ".replace"
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.keyword) and node.arg in OF_PROCESSES:
            yield node.arg
        elif isinstance(node, ast.Constant) and is_name_of_the_system(node.value):
            yield node.value


def is_name_of_the_system(value):
    return isinstance(value, str) and (value in OF_PROCESSES or bool(re.match(r"/(proc|sys|dev|tmp|etc)/", value)))


def is_replace_of_a_path(call):
    """A text's has two arguments, and that of dataclasses has names."""
    is_one = len(call.args) == 1 and not call.keywords
    return is_one and isinstance(call.func, ast.Attribute) and call.func.attr == "replace"


def platform_lines(text):
    """The lines of C++, CUDA and CMake that depend on the platform or the compiler."""
    for line in text.replace("\\\n", " ").splitlines():
        if match := re.match(r"\s*(#\s*(?:if|elif)\b.*|(?:else)?if\s*\((?:MSVC|WIN32|APPLE|UNIX|NOT .*)\).*)", line):
            yield " ".join(match[1].split())
        elif match := re.search(r"__attribute__|std::thread\b(?!>)|\blong double\b|\bunsigned long\b(?! long)", line):
            yield match[0]


def found():
    """(file, what) for everything that has to be in the table."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for name in platform_names(file.read_text(encoding="utf-8")):
            yield file.relative_to(PACKAGE).as_posix(), name
    kernels = [*(ROOT / "cpp").rglob("*.?pp"), *(ROOT / "cuda").glob("*.cu"), ROOT / "CMakeLists.txt"]
    for file in kernels:
        for line in platform_lines(file.read_text(encoding="utf-8")):
            yield file.relative_to(ROOT).as_posix(), line


def rows():
    lines = [line for line in TABLE.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").replace(r"\|", "\0").split("|")] for line in lines[2:]]


def named():
    for file, what, *_ in rows():
        for name in re.findall(r"`([^`]+)`", what):
            yield file.strip("`"), name.replace("\0", "|")


def test_the_table_names_every_line_that_depends_on_the_platform():
    assert sorted(set(found()) - set(named())) == []
    assert sorted(set(named()) - set(found())) == []
    assert len(list(named())) == len(set(named()))


def test_every_row_says_what_happens_and_where_it_was_tried():
    assert len(rows()) > 20
    for file, _, *elsewhere, tested in rows():
        assert len(elsewhere) == 3, file
        assert all(elsewhere), file
        tests = re.findall(r"`(tests/[\w/]+\.py)`", tested)
        assert tests or tested == "none", file
        for test in tests:
            assert (ROOT / test).is_file(), test


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import os\nos.fork()", ["os.fork"]),
        ("import os\nos.path.realpath(x)", ["os.path.realpath"]),
        ("import os\nos.fspath(x); os.environ['A']", []),
        ("import sys\nx = sys.platform.startswith('win')", ["sys.platform"]),
        ("import signal\nsignal.signal(signal.SIGALRM, f)", ["signal.signal", "signal.SIGALRM"]),
        ("part.replace(file)", [".replace"]),
        ("text.replace('a', 'b'); dataclasses.replace(a, b=1)", []),
        ("Path('/proc/self/maps')", ["/proc/self/maps"]),
    ],
)
def test_what_is_found_in_python(text, names):
    assert sorted(platform_names(text)) == sorted(names)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("#ifdef _WIN32\n#endif", []),
        ("#if defined(_WIN32) \\\n  || A", ["#if defined(_WIN32) || A"]),
        ("if(MSVC)", ["if(MSVC)"]),
        ("std::thread a; std::vector<std::thread> b", ["std::thread"]),
    ],
)
def test_what_is_found_in_cpp(text, lines):
    assert list(platform_lines(text)) == lines


def files_without_encoding(text):
    """The lines that open a file as text in the locale's encoding, which on Windows is another than here."""
    for call in ast.walk(ast.parse(text)):
        if not isinstance(call, ast.Call) or any(keyword.arg == "encoding" for keyword in call.keywords):
            continue
        name = (dotted(call.func) or ast.unparse(call.func)).rpartition(".")[2]
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in ("read_text", "write_text"):
            if "utf-8" not in texts:
                yield ast.unparse(call)
        elif name == "open" and not any(re.fullmatch("[rwxa]b", mode) for mode in texts):
            yield ast.unparse(call)


def test_text_files_have_an_encoding():
    found = [call for file in PACKAGE.rglob("*.py") for call in files_without_encoding(file.read_text("utf-8"))]
    assert sorted(found) == [
        "Image.open(file, formats=['PNG'])",
        "Image.open(io.BytesIO(png))",
        "fsspec.open(place)",  # as bytes
        "importlib.metadata.distribution(_OURS).read_text('direct_url.json')",  # which takes none
        "os.open(os.devnull, os.O_RDWR)",
        "os.open(os.devnull, os.O_WRONLY)",
    ]


@pytest.fixture
def on_windows(monkeypatch):
    """As far as the package asks."""
    monkeypatch.setattr(cli, "_ON_WINDOWS", True)
    monkeypatch.setattr(packages, "_ON_WINDOWS", True)


def test_commands_for_windows(on_windows, monkeypatch):
    """Its paths have backslashes, which are no reason for single quotes: cmd does not know those."""
    by_name = '"occlusion-sensitivity[gpu]"'
    monkeypatch.setattr(packages, "_source", dict)
    assert packages.new_environment_command("gpu") == rf"py -m venv gpu && gpu\Scripts\python -m pip install {by_name}"
    assert packages._quoted(r"C:\a b[cpu]") == r'"C:\a b[cpu]"'


class ClosedPipe:
    """What is printed into a pipe that nobody reads any more, on Windows."""

    def __init__(self, stream):
        self._stream = stream
        self.fileno = stream.fileno

    def write(self, text):
        return len(text)

    def flush(self):
        raise OSError(errno.EINVAL, "Invalid argument")


def test_a_closed_pipe_on_windows(on_windows, monkeypatch, tmp_path, capfd):
    with (tmp_path / "printed").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", ClosedPipe(stream))
        assert cli.main(["parity", "mask_odd"]) == 0
    assert capfd.readouterr().err == ""


def test_an_invalid_argument_elsewhere_is_an_error(monkeypatch, tmp_path, capfd):
    with (tmp_path / "printed").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", ClosedPipe(stream))
        assert cli.main(["parity", "mask_odd"]) == 1
    assert "Invalid argument" in capfd.readouterr().err
