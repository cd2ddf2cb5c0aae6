"""The data elements of .mat files of versions 4 to 7, looked at before SciPy reads them.

SciPy trusts what stands in their tags: it ends the process where a class has no meaning. The formats are documented by
MathWorks ("MAT-File Format"). From version 5 on: a tag of class and size, and so many bytes, elements within elements.
"""

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

from ..arguments import size_text

_HEADER = 128
# Texts in three encodings among them; 8, 10 and 11 are reserved.
_NUMBERS = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18})
_INT32, _UINT32, _MATRIX, _COMPRESSED = 5, 6, 14, 15
# Of MATLAB's own objects, which begin otherwise than arrays.
_OPAQUE = 17
_MOST_AXES = 32
# Version 4: bytes of a number, by the tens digit of what a variable begins with.
_SIZES_OF_4 = (8, 4, 4, 2, 2, 1)
# Matrices within matrices: cells, structs and objects. SciPy goes down as far as it is led.
_DEEPEST = 64
_AT_ONCE = 1 << 16


class _Reader(Protocol):
    def take(self, count: int) -> bytes:
        """So many bytes; ValueError where there are fewer."""

    def skip(self, count: int) -> None: ...


def check(file: Path) -> None:
    """Raise ValueError unless the file consists of elements whose classes exist and whose sizes fit into each other."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        header = stream.read(_HEADER)
        if 0 in header[:4]:
            stream.seek(0)
            _check_version_4(_Stream(stream), size)
            return
        if header[-2:] not in (b"IM", b"MI"):
            raise ValueError("it is no .mat file, or damaged")
        _check_elements(_Stream(stream), size - _HEADER, "<" if header[-2:] == b"IM" else ">", depth=0)


def _check_version_4(reader: _Reader, left: int) -> None:
    while left > 0:
        start = reader.take(20)
        order = "<" if 0 <= struct.unpack("<i", start[:4])[0] <= 5000 else ">"
        kind, rows, cols, is_complex, length = struct.unpack(f"{order}5i", start)
        machine, rest = divmod(kind, 1000)
        if kind < 0 or machine > 1 or rest // 10 >= len(_SIZES_OF_4) or min(rows, cols, length) < 0:
            raise ValueError("it is damaged, or of a machine whose numbers are no longer read")
        count = length + rows * cols * _SIZES_OF_4[rest // 10] * (2 if is_complex else 1)
        left -= 20 + count
        if left < 0:
            raise ValueError("it is damaged: a variable is longer than the file")
        reader.skip(count)


def _check_elements(reader: _Reader, left: int, order: str, depth: int) -> None:
    """Elements of so many bytes together."""
    if depth > _DEEPEST:
        raise ValueError(f"its arrays are more than {_DEEPEST} levels deep")
    while left > 0:
        left -= _check_element(reader, left, order, depth)


def _check_element(reader: _Reader, left: int, order: str, depth: int) -> int:
    """The number of bytes of the next element, its tag and what fills it up included."""
    kind, size = _tag(reader, order)
    if kind >> 16:  # a small element: two bytes each for size and class, and up to four bytes of data
        if kind & 0xFFFF not in _NUMBERS or kind >> 16 > 4:
            raise ValueError("it is damaged: it has a small element of no class or size that there is")
        return 8
    if kind == _COMPRESSED and depth == 0:
        if 8 + size > left:
            raise ValueError("it is damaged: a variable is longer than the file")
        inflated = _Inflated(reader, size)
        _check_element(inflated, 1 << 62, order, depth + 1)
        inflated.end()
        return 8 + size
    if kind != _MATRIX and (kind not in _NUMBERS or depth == 0):
        raise ValueError(f"it is damaged: it has an element of class {kind}, which means nothing there")
    if 8 + size > left:
        raise ValueError("it is damaged: an element is longer than what holds it")
    if kind == _MATRIX:
        if size or depth == 0:
            _check_elements(reader, size - _check_start(reader, size, order), order, depth + 1)
        return 8 + size
    filled = min(-(-size // 8) * 8, left - 8)
    reader.skip(filled)
    return 8 + filled


def _check_start(reader: _Reader, left: int, order: str) -> int:
    """How an array begins, with its flags, lengths and name; how many bytes that is."""
    if left < 16:
        raise ValueError("it is damaged: it has an array without flags")
    kind, size, flags, _ = struct.unpack(f"{order}4I", reader.take(16))
    if (kind, size) != (_UINT32, 8):
        raise ValueError("it is damaged: it has an array without flags")
    if flags & 0xFF == _OPAQUE:
        return 16
    kind, size = _tag(reader, order)
    if kind != _INT32 or size % 4 or not 8 <= size <= 4 * _MOST_AXES or size > left - 24:
        raise ValueError("it is damaged: it has an array without lengths")
    filled = -(-size // 8) * 8
    lengths = struct.unpack_from(f"{order}{size // 4}i", reader.take(filled))
    if min(lengths) < 0:
        raise ValueError(f"it is damaged: it has an array of {size_text(lengths)}")
    return 24 + filled


def _tag(reader: _Reader, order: str) -> tuple[int, int]:
    kind, size = struct.unpack(f"{order}II", reader.take(8))
    return int(kind), int(size)


class _Stream:
    """The file itself."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def take(self, count: int) -> bytes:
        found = self._stream.read(count)
        if len(found) < count:
            raise ValueError("it is damaged: it ends in the middle of an element")
        return found

    def skip(self, count: int) -> None:
        self._stream.seek(count, os.SEEK_CUR)


class _Inflated:
    """A compressed element, opened a part at a time: what it claims to hold may not fit into memory."""

    def __init__(self, reader: _Reader, size: int) -> None:
        self._reader = reader
        self._left = size
        self._inflate = zlib.decompressobj()

    def take(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            packed = self._inflate.unconsumed_tail or self._next()
            part = self._inflate.decompress(packed, count - len(found))
            if not part and not self._inflate.unconsumed_tail and (self._left == 0 or self._inflate.eof):
                raise ValueError("it is damaged: a compressed variable ends in the middle of an element")
            found += part
        return found

    def skip(self, count: int) -> None:
        while count > 0:
            count -= len(self.take(min(count, _AT_ONCE)))

    def end(self) -> None:
        """Go to what follows it in the file."""
        self._reader.skip(self._left)
        self._left = 0

    def _next(self) -> bytes:
        packed = self._reader.take(min(self._left, _AT_ONCE))
        self._left -= len(packed)
        return packed
