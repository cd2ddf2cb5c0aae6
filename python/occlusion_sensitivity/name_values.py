"""MATLAB's name-value arguments: options by name, each as the user typed it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Self, TypeVar

from .arguments import as_text, shown, text_choice

More = ParamSpec("More")
Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class Option:
    """An option that was given.

    Attributes
    ----------
    typed : str
        Its name as the user typed it, for error messages.
    """

    typed: str
    value: object


class NameValues:
    """The options of a call by their full names.

    Parameters
    ----------
    given : mapping of full name to Option
    spelling : mapping of full name to text, optional
        How the options are typed, those that were not given as well.
    """

    def __init__(self, given: Mapping[str, Option] | None = None, spelling: Mapping[str, str] | None = None) -> None:
        self._given = dict(given or {})
        self._spelling = dict(spelling or {})

    @classmethod
    def parse(cls, pairs: Sequence[object], keywords: Mapping[str, object], names: Sequence[str]) -> Self:
        """``"Name", value`` pairs and ``Name=value`` keywords, where `names` are the options that there are."""
        for typed in pairs[::2]:
            text_choice("The option name", typed, names)
        if len(pairs) % 2:
            msg = f"Every option needs a value, but {shown(pairs[-1])} has none."
            raise ValueError(msg)
        given: dict[str, Option] = {}
        for typed, value in [*zip(pairs[::2], pairs[1::2], strict=True), *keywords.items()]:
            name = text_choice("The option name", typed, names)
            if name in given:
                msg = f"{name} must be given once, but is given as {given[name].typed} and as {as_text(typed)}."
                raise ValueError(msg)
            given[name] = Option(str(as_text(typed)), value)
        return cls(given)

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Values by full names, typed so."""
        return cls({name: Option(name, value) for name, value in values.items()})

    def __iter__(self) -> Iterator[str]:
        """The full names of what was given."""
        return iter(self._given)

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def typed(self, name: str) -> str:
        """The option's name as typed; where it was not given, as it would be."""
        return self._given[name].typed if name in self._given else self._spelling.get(name, name)

    def value(self, name: str, default: object = None) -> object:
        return self._given[name].value if name in self._given else default

    def read(
        self,
        name: str,
        default: object,
        check: Callable[Concatenate[str, object, More], Checked],
        *more: More.args,
        **others: More.kwargs,
    ) -> Checked:
        """What `check` makes of the option: it is called with the name as typed, the value, and what else it needs."""
        return check(self.typed(name), self.value(name, default), *more, **others)
