"""A row of the table, and how much is measured for it."""

from dataclasses import dataclass

from jobs import JOBS, QUICK_JOBS


@dataclass(frozen=True)
class Row:
    """One measured value; `bar` is the largest that was aimed at.

    Attributes
    ----------
    detail : str
        What the value rests on: the two sides' medians, the range of the ratios, how many pairs.
    """

    part: str
    measure: str
    value: float
    unit: str
    detail: str
    bar: float | None = None

    @property
    def reached(self) -> bool | None:
        return None if self.bar is None else self.value <= self.bar


@dataclass(frozen=True)
class Effort:
    """How much is done: networks, and repetitions."""

    jobs: dict
    pairs: int
    rounds: int
    quick: bool


FULL = Effort(JOBS, 5, 9, quick=False)
QUICK = Effort(QUICK_JOBS, 1, 1, quick=True)


def ratio_row(part: str, measure: str, found: dict, bar: float | None = None, per: tuple[int, int] = (1, 1)) -> Row:
    """A row of a paired ratio, of times divided by the two counts of `per`."""
    scale = per[1] / per[0]
    detail = (
        f"{found['ours'] * 1e3 / per[0]:.1f} ms against {found['theirs'] * 1e3 / per[1]:.1f} ms; "
        f"{found['least'] * scale:.3f} … {found['most'] * scale:.3f} in {found['pairs']} pairs"
    )
    return Row(part, measure, found["ratio"] * scale, "ratio", detail, bar)
