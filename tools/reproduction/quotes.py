"""A sentence of a document with numbers that are computed."""

import re
from dataclasses import dataclass
from string import Formatter

from .documents import prose_of, text_of
from .findings import DIFFERS, SAME, Finding

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = rf"[-+−]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?|{'|'.join(_WORDS)}"


def in_words(number: int) -> str:
    return _WORDS[number] if 0 <= number < len(_WORDS) else str(number)


@dataclass(frozen=True)
class Quote:
    """`template`: the sentence, or a part of it, in one line, with a field of format() for each number."""

    document: str
    template: str

    def pattern(self) -> str:
        """What finds the sentence, whatever its numbers are."""
        parts = []
        for literal, field, *_ in Formatter().parse(self.template):
            parts += [re.escape(literal), "" if field is None else f"(?:{_NUMBER})"]
        return "".join(parts)

    def found(self, text: str) -> re.Match | None:
        return re.search(self.pattern(), prose_of(text))

    def checked(self, *args: object, **values: object) -> Finding:
        """The numbers of the document beside those that are given."""
        now = self.template.format(*args, **values)
        what = f"{self.document}, “{now}”"
        match = self.found(text_of(self.document))
        if match is None:
            return Finding(what, DIFFERS, "no such sentence is there")
        return Finding(what, SAME) if match[0] == now else Finding(what, DIFFERS, f"it says “{match[0]}”")
