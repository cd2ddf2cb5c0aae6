"""Functions of several outputs: ``nargout=``, as in MathWorks' engine for Python."""

from collections.abc import Iterator
from typing import Any, NoReturn

from ..arguments import expected, positive_integer

# More than any function of MATLAB's has.
_MOST = 1000


class Outputs:
    """The outputs of a function, to be taken apart: ``values, places = sort(A)``.

    MATLAB gives the first output alone where one is asked for. Python cannot see that, so whatever takes the outputs
    for one value raises TypeError, and says how to get the first.
    """

    def __init__(self, function: str, **values: Any) -> None:
        self._function = function
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.values())

    def __getitem__(self, index: Any) -> Any:
        return tuple(self._values.values())[index]

    def __repr__(self) -> str:
        several = ", ".join(self._values)
        return f"{len(self)} outputs of {self._function} ({several}; nargout=1 gives the first alone): {tuple(self)!r}"

    def _is_no_value(self, *_: object, **__: object) -> NoReturn:
        names = list(self._values)
        msg = (
            f"{self._function} gives {len(self)} outputs here, and they are used as one value: take them apart, "
            f"{', '.join(names)} = {self._function}(…), or ask for {names[0]} alone, {self._function}(…, nargout=1)."
        )
        raise TypeError(msg)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what Python and NumPy look for in anything
            raise AttributeError(name)
        self._is_no_value()

    # What MATLAB would do with the first output.
    __array__ = __str__ = __format__ = __bool__ = __int__ = __float__ = __index__ = __round__ = _is_no_value
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _is_no_value
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = __matmul__ = _is_no_value
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = __rmatmul__ = _is_no_value
    __neg__ = __abs__ = __invert__ = __and__ = __rand__ = __or__ = __ror__ = __contains__ = _is_no_value
    __hash__ = None  # type: ignore[assignment]
    # NumPy's own operators leave it to those above.
    __array_ufunc__ = None


def outputs(function: str, nargout: object, default: int, **values: Any) -> Any:
    """As many of the values as are asked for: one as itself, more as :class:`Outputs`.

    Parameters
    ----------
    function : str
        Its name.
    nargout : int or None
        As typed; None for `default`.
    values
        The outputs, under their names, in MATLAB's order.
    """
    count = output_count(function, nargout, default, len(values), f" ({', '.join(values)})")
    if count == 1:
        return next(iter(values.values()))
    return Outputs(function, **dict(list(values.items())[:count]))


def output_count(function: str, nargout: object, default: int, most: int = _MOST, which: str = "") -> int:
    """nargout as typed, at most `most`."""
    count = default if nargout is None else positive_integer("nargout", nargout)
    if count > most:
        raise ValueError(expected("nargout", f"at most {most}, the outputs of {function}{which}", nargout))
    return count
