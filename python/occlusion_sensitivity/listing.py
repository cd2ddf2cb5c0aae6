"""What dir() shows, and an editor offers behind a dot: the names that are for users."""

from collections.abc import Collection, Iterable


def public_names(names: Iterable[str], inner: Collection[str] = ()) -> list[str]:
    """`names` without the private ones, and without `inner`, which this package alone uses."""
    return sorted(name for name in names if name not in inner and (is_dunder(name) or not name.startswith("_")))


def is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
