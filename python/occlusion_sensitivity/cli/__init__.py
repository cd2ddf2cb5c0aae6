"""The command line: occlusion-sensitivity demo | explain | explain-all | show | plan | parity | info."""

import _thread
import errno
import io
import os
import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

from .parser import joined_numbers, parser

_ON_WINDOWS = os.name == "nt"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    The exit status is 0; 1 for an error or a difference; 2 for wrong usage; 3 where some of many images failed; 130
    after Ctrl-C.
    """
    _open_what_the_shell_closed()
    for stream in (sys.stdout, sys.stderr):
        # Names of classes and the sign in 224×224 must not fail on a terminal that knows ASCII only.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    arguments = parser().parse_args(joined_numbers(sys.argv[1:] if argv is None else argv))
    shown_so_far, warnings.showwarning = warnings.showwarning, _show_warning
    told_so_far, sys.unraisablehook = sys.unraisablehook, _bring_interrupts_back
    try:
        status = int(arguments.run(arguments) or 0)
        sys.stdout.flush()
    except (OSError, ImportError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        if _is_of_a_closed_pipe(error):
            # Nobody reads what is printed; the result is written by then. Python would complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        # Sizes are typed as rows,columns here.
        message = str(error).replace("[rows columns]", "rows,columns")
        print(f"occlusion-sensitivity: error: {message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # What was interrupted may have left a coroutine of Dask's that nobody waits for any more.
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        print("occlusion-sensitivity: interrupted", file=sys.stderr)
        return 130
    finally:
        warnings.showwarning, sys.unraisablehook = shown_so_far, told_so_far
    return status


def _is_of_a_closed_pipe(error: BaseException) -> bool:
    """Whether whoever read what is printed is gone. Windows calls that an invalid argument."""
    is_windows_word = _ON_WINDOWS and isinstance(error, OSError) and error.errno == errno.EINVAL and not error.filename
    return isinstance(error, BrokenPipeError) or is_windows_word


def _bring_interrupts_back(unraisable: Any) -> None:
    """Ctrl-C that comes while Python removes an object would be told with a traceback, and have no effect."""
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.start_new_thread(_interrupt_soon, ())  # here it would be lost again
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_soon() -> None:
    time.sleep(0.01)
    _thread.interrupt_main()


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning for readers, without the line of this package that gave it."""
    print(f"occlusion-sensitivity: warning: {message}", file=sys.stderr)


def _open_what_the_shell_closed() -> None:
    """Let closed streams lead nowhere; a file that is opened later must not get their numbers, and what they print."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one, but on Windows
            os.dup2(opened, number)
            setattr(sys, name, open(number, mode, closefd=False, encoding="utf-8"))  # noqa: SIM115
