"""Changes of bytes, numbers and JSON: what is likely to be read wrongly, rather than noise."""

import math
from random import Random
from typing import Any

INTEGERS = (0, 1, -1, 2, 3, 7, 127, 128, 255, 256, 65535, 2**31 - 1, -(2**31), 2**32, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e-30, 1e-7, 1e6, 1e19, 3.4e38, -3.4e38, math.inf, -math.inf, math.nan)
TEXTS = ("", "x", "input", "\0", "é", "../x", "/etc/passwd", "a" * 300, "0", "-1", "NaN", "N")


def changed_bytes(content: bytes, random: Random) -> bytes:
    """A few places changed, moved, repeated or left out."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        if not changed:
            return bytes(random.randbytes(random.randrange(64)))
        at, length = random.randrange(len(changed)), min(random.choice((1, 2, 4, 8, 64)), len(changed))
        kind = random.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            changed[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        elif kind == 2:
            width = random.choice((2, 4, 8))
            order = random.choice(("little", "big"))
            number = random.choice(INTEGERS) % 256**width
            changed[at : at + width] = number.to_bytes(width, order)
        elif kind == 3:
            del changed[at : at + length]
        elif kind == 4:
            changed[at:at] = changed[at : at + length] * random.choice((1, 2, 50))
        elif kind == 5:
            other = random.randrange(len(changed))
            changed[at : at + length] = changed[other : other + length]
        else:
            del changed[at:]
    return bytes(changed)


def changed_json(value: Any, random: Random) -> Any:
    """The value with one thing in it of another value or kind."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(sorted(value))
        how = random.random()
        if how < 0.1:
            return {name: entry for name, entry in value.items() if name != key}
        if how < 0.15:
            return {**value, random.choice(TEXTS): value[key]}
        return {**value, key: changed_json(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        how = random.random()
        if how < 0.1:
            return value[:at] + value[at + 1 :]
        if how < 0.15:
            return value[:at] + [value[at]] * random.choice((2, 1000)) + value[at + 1 :]
        return [*value[:at], changed_json(value[at], random), *value[at + 1 :]]
    return other_json(value, random)


def other_json(value: Any, random: Random) -> Any:
    if isinstance(value, bool):
        return random.choice((not value, 2, "true", None))
    if isinstance(value, int) and random.random() < 0.7:
        return random.choice((*INTEGERS, value + 1, value - 1, 10**400))
    if isinstance(value, float) and random.random() < 0.7:
        return random.choice(FLOATS)
    if isinstance(value, str) and random.random() < 0.7:
        return random.choice((*TEXTS, value[:-1], value.upper(), value * 2))
    return random.choice((None, True, 0, 1.5, "", [], {}, [[]], [None], {"a": []}, -1, "text", [1, 2, 3]))
