"""What a harness is, and what may come of a case: a result, or an error that the package raises on purpose."""

import dis
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Protocol

import occlusion_sensitivity

# The files of a case: names in a folder of its own, and their contents.
Case = Mapping[str, bytes]

PACKAGE = Path(occlusion_sensitivity.__file__).parent
DOCUMENTED = (ValueError, TypeError, FileNotFoundError, ImportError, RuntimeError)
_NOWHERE = "no line of the package"
_RAISING = ("RAISE_VARARGS", "RERAISE")


class Harness(Protocol):
    """A kind of input."""

    def case(self, random: Random) -> Case:
        """A case, the same for the same state of `random`."""

    def run(self, folder: Path, random: Random) -> str:
        """What came of the case whose files are in the folder, in a word; what the package raises is passed on."""


class FindingError(Exception):
    """A result that is wrong."""


def problem_with(error: BaseException) -> str | None:
    """Why an error is none of the documented ones; None: it is one."""
    if isinstance(error, FindingError):
        return str(error)
    if isinstance(error, MemoryError):  # NumPy's own word, where memory is short
        return None
    if type(error) is TypeError and place_of(error) == _NOWHERE:  # Python's own: an argument too many, or too few
        return None
    own = type(error).__module__.startswith("occlusion_sensitivity.")
    if type(error) not in DOCUMENTED and not (own and isinstance(error, DOCUMENTED)):
        return f"a {type(error).__qualname__}: {shortened(error)}"
    if not _is_raised_by_the_package(error.__traceback__):
        return f"a {type(error).__name__} in others' words: {shortened(error)}"
    return None


def shortened(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def place_of(error: BaseException) -> str:
    """The last line of the package through which the error came."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PACKAGE)
    ]
    return f"{Path(frames[-1].filename).relative_to(PACKAGE)}:{frames[-1].lineno}" if frames else _NOWHERE


def _is_raised_by_the_package(step: TracebackType | None) -> bool:
    """Whether the innermost frame is one of the package's, at a `raise`."""
    if step is None:
        return False
    while step.tb_next is not None:
        step = step.tb_next
    code = step.tb_frame.f_code
    return Path(code.co_filename).is_relative_to(PACKAGE) and dis.opname[code.co_code[step.tb_lasti]] in _RAISING


@contextmanager
def no_warnings_from_inside() -> Iterator[None]:
    """A finding where a warning points into the package or a library of its: those for users point at their line.

    But for what Pillow says of damaged notes beside the pixels, and of large pictures within a picture.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        path = Path(warning.filename)
        if path.parent.name == "PIL" or path.is_relative_to(Path(__file__).parent):
            continue
        place = f"{path.parent.name}/{path.name}:{warning.lineno}"
        raise FindingError(f"a {warning.category.__name__} from {place}: {warning.message}")
