"""MATLAB's formatting operators, %d to %s: their reading, and what they make of numbers and texts."""

import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..arguments import as_text, expected, on_host
from ..strings import own_elements
from .outputs import Outputs

# %, number of the argument, flags, width, precision, size of the number (which says nothing here), conversion.
_OPERATOR = re.compile(r"%(?:(\d+)\$)?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([a-zA-Z%])")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_WHOLE = frozenset("diuxXo")
# Of a single element: more are a slip, or memory without end.
_MOST_CHARACTERS = 65536
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
        width if width in (None, "*") else _bounded(match[0], int(width)),
        precision if precision in (None, "*") else _bounded(match[0], int(precision or 0)),
        conversion,
    )


def _bounded(typed: str, number: int) -> int:
    if abs(number) > _MOST_CHARACTERS:
        raise ValueError(expected(f"The width and the precision of {typed!r}", f"at most {_MOST_CHARACTERS}", number))
    return number


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
        if isinstance(argument, Outputs):
            str(argument)  # which says how one of them is had
        array = own_elements(on_host(argument))
        if array is None or array.dtype.kind not in "OUbuif":
            raise TypeError(expected(f"Argument {place}", "numbers or texts", argument))
        found.extend(array.ravel(order="F").tolist())
    return found


def formatted(found: Sequence[Piece], arguments: Sequence[object]) -> str:
    """sprintf: the format again and again until every element is written, and no further than they reach."""
    values = deque(elements(arguments))
    if has_numbers(found):
        return by_number(found, list(values))
    written = once(found, values)
    while values and any(isinstance(piece, Operator) for piece in found):
        written += once(found, values)
    return "".join(written)


def has_numbers(found: Sequence[Piece]) -> bool:
    """Whether an operator names its argument, as %2$s does."""
    return any(isinstance(piece, Operator) and piece.argument is not None for piece in found)


def by_number(found: Sequence[Piece], values: Sequence[Any]) -> str:
    """The format once, each operator with the argument that it names."""
    written = []
    for piece in found:
        if isinstance(piece, str):
            written.append(piece)
        elif piece.argument is None or not 1 <= piece.argument <= len(values):
            msg = f"{piece.typed!r} must name one of the {len(values)} arguments, as every other operator does."
            raise ValueError(msg)
        else:
            written.append(converted(piece, deque([values[piece.argument - 1]])))
    return "".join(written)


def once(found: Sequence[Piece], values: deque[Any]) -> list[str]:
    """The format with the first values, which it takes, up to the first operator without one."""
    written = []
    # Operators without any argument write nothing; where some have been given, the text ends at the first without.
    given = bool(values)
    for piece in found:
        if isinstance(piece, str):
            written.append(piece)
        elif values:
            written.append(converted(piece, values))
        elif given:
            break
    return written


def converted(operator: Operator, values: deque[Any]) -> str:
    """What the operator makes of the first of `values`, which it takes out of them."""
    width, flags = operator.width, operator.flags
    if width == "*":
        width = _taken_whole(operator, values)
        if width < 0:
            width, flags = -width, flags + "-"
    precision = _taken_whole(operator, values) if operator.precision == "*" else operator.precision
    if isinstance(precision, int) and precision < 0:
        precision = None
    value = values.popleft() if values else ""
    return _padded(_content(value, operator.conversion, flags, precision, values), flags, int(width or 0))


def _taken_whole(operator: Operator, values: deque[Any]) -> int:
    value = values.popleft() if values else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value != int(value):
        raise TypeError(expected(f"The * of {operator.typed!r}", "a whole number", value))
    return _bounded(operator.typed, int(value))


def _content(
    value: Any, conversion: str, flags: str, precision: int | str | None, rest: deque[Any]
) -> tuple[str, bool]:
    """The text of one value, and whether it is one that zeros may fill."""
    places = precision if isinstance(precision, int) else None
    if isinstance(value, str):
        if conversion == "c" and len(value) > 1:  # a text is as many characters
            rest.extendleft(reversed(value[1:]))
            value = value[0]
        return (value if places is None or conversion != "s" else value[:places]), False
    number = value if isinstance(value, int) else float(value)
    if not math.isfinite(number):
        sign = "-" if number < 0 else "+" if "+" in flags and number > 0 else ""
        return sign + ("NaN" if math.isnan(number) else "Inf"), False
    whole = number == int(number)
    if conversion in "cs":
        if whole and 0 <= number < 0x110000 and not 0xD800 <= number < 0xE000:
            return chr(int(number)), False
        return _number(float(number), "e" if places is None else "g", flags, places), False
    if conversion in _WHOLE:
        if whole and (conversion in "di" or number >= 0 or conversion == "u"):
            if conversion in "uxXo":  # which have no sign
                flags = flags.replace("+", "").replace(" ", "")
            if conversion in "xXo" and number == 0:
                flags = flags.replace("#", "")
            text = _number(int(number), "d" if conversion in "iu" else conversion, flags, places)
            return text.replace("0o", "0", 1) if conversion == "o" else text, places is None
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
