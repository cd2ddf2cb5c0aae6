"""Functions of several outputs: ``nargout=``, as in MathWorks' engine for Python."""

from typing import Any, NoReturn

from ..arguments import positive_integer


class Outputs(tuple[Any, ...]):
    """The outputs of a function, to be taken apart: ``values, indices = sort(A)``.

    MATLAB gives the first output alone where one is asked for. Python cannot see that, so whatever takes the outputs
    for one value raises TypeError, and says how to get the first.
    """

    _function: str
    _names: tuple[str, ...]

    def __repr__(self) -> str:
        several = ", ".join(self._names)
        return f"{len(self)} outputs of {self._function} ({several}; nargout=1 gives the first alone): {tuple(self)!r}"

    def _is_no_value(self, *_: object) -> NoReturn:
        several = ", ".join(self._names)
        msg = (
            f"{self._function} gives {len(self)} outputs here, and they are used as one value: take them apart, "
            f"{several} = {self._function}(…), or ask for {self._names[0]} alone, {self._function}(…, nargout=1)."
        )
        raise TypeError(msg)

    # What MATLAB would do with the first output.
    __array__ = __format__ = __bool__ = __int__ = __float__ = __index__ = _is_no_value
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _is_no_value
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _is_no_value
    __truediv__ = __rtruediv__ = __neg__ = __and__ = __or__ = __invert__ = _is_no_value
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
    count = default if nargout is None else positive_integer("nargout", nargout)
    if count > len(values):
        msg = f"nargout must be at most {len(values)}, the outputs of {function} ({', '.join(values)}), but is {count}."
        raise ValueError(msg)
    if count == 1:
        return next(iter(values.values()))
    several = Outputs(list(values.values())[:count])
    several._function, several._names = function, tuple(values)[:count]
    return several
