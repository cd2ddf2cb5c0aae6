"""MATLAB's formatting operators, %d to %s: their reading, and what they make of numbers and texts."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import as_text, expected, on_host

# %, number of the argument, flags, width, precision, size of the number (which says nothing here), conversion.
_OPERATOR = re.compile(r"%(?:(\d+)\$)?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([a-zA-Z%])")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_WHOLE = frozenset("diuxXo")
_CONVERSIONS = _WHOLE | frozenset("fFeEgGcs")


@dataclass(frozen=True, slots=True)
class Operator:
    """One formatting operator.

    Attributes
    ----------
    typed : str
        As it stands in the format.
    argument : int or None
        Which argument it takes, from 1; None for the next one.
    width, precision : int, "*" or None
        "*" is the next argument.
    """

    typed: str
    argument: int | None
    flags: str
    width: int | str | None
    precision: int | str | None
    conversion: str


Piece = str | Operator


def pieces(name: str, value: object) -> list[Piece]:
    """A format as its texts, with the escapes translated, and its operators."""
    text = as_text(value)
    if text is None:
        raise TypeError(expected(name, "a text with formatting operators such as %d and %s", value))
    found: list[Piece] = []
    end = 0
    while (start := text.find("%", end)) >= 0:
        found.append(unescaped(text[end:start]))
        match = _OPERATOR.match(text, start)
        if match is None or match[5] not in _CONVERSIONS | {"%"}:
            known = "%d, %i, %u, %f, %e, %g, %s, %c, %x, %o"
            msg = f"{name} has {text[start : start + 8]!r}: operators are {known}, and a percent sign is %%."
            raise ValueError(msg)
        found.append("%" if match[5] == "%" else _operator(match))
        end = match.end()
    found.append(unescaped(text[end:]))
    return found


def _operator(match: re.Match[str]) -> Operator:
    number, flags, width, precision, conversion = match.groups()
    return Operator(
        match[0],
        int(number) if number else None,
        flags,
        width if width in (None, "*") else int(width),
        precision if precision in (None, "*") else int(precision or 0),
        conversion,
    )


def unescaped(text: str) -> str:
    r"""The text with \n, \t, \\, \x41 and \101 as the characters that they stand for; others stay as they are."""

    def character(match: re.Match[str]) -> str:
        if match[1] or match[2]:
            code = int(match[1], 16) if match[1] else int(match[2], 8)
            return chr(code) if code < 0x110000 else match[0]
        return _ESCAPED.get(match[3], match[0])

    return _ESCAPE.sub(character, text)


def elements(arguments: Sequence[object]) -> list[Any]:
    """The numbers and texts of the arguments, one behind the other, those of an array down its columns."""
    found: list[Any] = []
    for place, argument in enumerate(arguments, start=1):
        if isinstance(argument, str):
            found.append(str(argument))
            continue
        try:
            array = np.asarray(on_host(argument))
        except TypeError:  # outputs that are used as one value say so
            raise
        except Exception:  # ragged, or its own conversion fails
            array = np.asarray(None)
        mixed = array.dtype.kind == "O" and all(isinstance(x, str | int | float | np.number) for x in array.flat)
        if mixed or array.dtype.kind in "buifU":
            found.extend(array.ravel(order="F").tolist())
        else:
            raise TypeError(expected(f"Argument {place}", "numbers or texts", argument))
    return found


def formatted(found: Sequence[Piece], arguments: Sequence[object]) -> str:
    """sprintf: the format again and again until every element is written, and no further than they reach."""
    values = elements(arguments)
    if any(isinstance(piece, Operator) and piece.argument for piece in found):
        return "".join(once(found, values, by_number=True)[0])
    written, left = once(found, values)
    operators = any(isinstance(piece, Operator) for piece in found)
    while left and operators:
        more, left = once(found, left)
        written += more
    return "".join(written)


def once(found: Sequence[Piece], values: Sequence[Any], *, by_number: bool = False) -> tuple[list[str], list[Any]]:
    """The format with its first values, up to the first operator without one; and the values that are left."""
    written, left = [], list(values)
    # Operators without any argument write nothing; where some have been given, the text ends at the first without.
    given = bool(values)
    for piece in found:
        if isinstance(piece, str):
            written.append(piece)
            continue
        if by_number:
            if piece.argument is None or piece.argument > len(values):
                msg = f"{piece.typed!r} must name one of the {len(values)} arguments, as every other operator does."
                raise ValueError(msg)
            written.append(converted(piece, [values[piece.argument - 1]]))
            continue
        if not left:
            if given:
                break
            continue
        written.append(converted(piece, left))
    return written, left


def converted(operator: Operator, values: list[Any]) -> str:
    """What the operator makes of the first of `values`, which it takes out of them."""
    width, flags = operator.width, operator.flags
    if width == "*":
        width = _taken_whole(operator, values)
        if width < 0:
            width, flags = -width, flags + "-"
    precision = _taken_whole(operator, values) if operator.precision == "*" else operator.precision
    value = values.pop(0) if values else ""
    return _padded(_content(value, operator.conversion, flags, precision, values), flags, int(width or 0))


def _taken_whole(operator: Operator, values: list[Any]) -> int:
    value = values.pop(0) if values else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise TypeError(expected(f"The * of {operator.typed!r}", "a whole number", value))
    return int(value)


def _content(value: Any, conversion: str, flags: str, precision: int | str | None, rest: list[Any]) -> tuple[str, bool]:
    """The text of one value, and whether it is one that zeros may fill."""
    places = precision if isinstance(precision, int) else None
    if isinstance(value, str):
        if conversion == "c" and len(value) > 1:  # a text is as many characters
            rest[:0] = value[1:]
            value = value[0]
        return (value if places is None or conversion != "s" else value[:places]), False
    number = value if isinstance(value, int) else float(value)
    if not math.isfinite(number):
        sign = "-" if number < 0 else "+" if "+" in flags and number > 0 else ""
        return sign + ("NaN" if math.isnan(number) else "Inf"), False
    whole = number == int(number)
    if conversion in "cs":
        if whole and 0 <= number < 0x110000:
            return chr(int(number)), False
        return _number(float(number), "e" if places is None else "g", flags, places), False
    if conversion in _WHOLE:
        if whole and (conversion in "di" or number >= 0 or conversion == "u"):
            return _number(int(number), "d" if conversion in "iu" else conversion, flags, places), places is None
        # What is no whole number is written in the exponential form, as MATLAB does.
        return _number(float(number), "e", flags, places), True
    return _number(float(number), conversion, flags, places), True


def _number(number: float, conversion: str, flags: str, precision: int | None) -> str:
    kept = "".join(flag for flag in "+ #" if flag in flags)
    return ("%" + kept + ("" if precision is None else f".{precision}") + conversion) % number


def _padded(content: tuple[str, bool], flags: str, width: int) -> str:
    text, zeros = content
    if "-" in flags:
        return text.ljust(width)
    if zeros and "0" in flags:
        sign = text[:1] if text[:1] in "+- " else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)
