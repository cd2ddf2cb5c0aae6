"""Warnings that point at the user's line, however deep inside the package they come from."""

import sys
import warnings


def warn_user(message: str) -> None:
    """A RuntimeWarning at the line outside of this package from which it was called."""
    # From Python 3.12 on, skip_file_prefixes does this.
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(f"{__package__}."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, RuntimeWarning, stacklevel=level)
