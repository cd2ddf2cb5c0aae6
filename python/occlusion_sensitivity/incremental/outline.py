"""What a plan says to its readers: stage by stage, how much of its layers a mask has computed again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Self

from .costs import work_on_whole
from .divided import DividedNetwork
from .operators import Size
from .plan import MaskPlan

if TYPE_CHECKING:
    from onnx import NodeProto

# What ONNX Runtime calls a convolution with its activation, and what is no work of its own.
_NAMES = {"FusedConv": "Conv"}
_UNNAMED = frozenset({"ReorderInput", "ReorderOutput"})


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of a plan, or what is behind them.

    Attributes
    ----------
    operators : str
    channels, size
        Of the layer that the stage gives; 0, for what is behind them.
    smallest, largest : (int, int)
        What of it is computed for a mask, by the masks that reach least and most.
    least, mean, most : float
        The same as shares of the layer; the mean is that of all masks.
    work : float
        Its share of the work of exhaustive evaluation.
    """

    operators: str
    channels: int
    size: Size
    smallest: Size
    largest: Size
    least: float
    mean: float
    most: float
    work: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan, told.

    Attributes
    ----------
    steps : list of Step
        Those of the plan, and last what is computed as a whole for every mask.
    left : float
        The share of the work that is left for them, crops and runs not counted.
    gain : float
        How many times as fast it is expected to be, with them.
    stages : int
        How many there are, whether it pays to compute them where masks reach or not.
    ended_by : str
        The operator behind the last of them; empty where it is the network's end.
    """

    steps: list[Step]
    left: float
    gain: float
    stages: int
    ended_by: str

    @classmethod
    def of(cls, divided: DividedNetwork, plan: MaskPlan) -> Self:
        division = divided.division
        works = [work_on_whole(stage, division.layers) for stage in division.stages]
        total = sum(works) + divided.rest_work
        masks = sum(len(group.images) for group in plan.groups)
        steps = []
        for number, stage in enumerate(division.stages[: plan.count]):
            layer = division.layers[stage.gives[0]]
            sizes = sorted((group.places[number].size for group in plan.groups), key=math.prod)
            least, most = (math.prod(size) / math.prod(layer.size) for size in (sizes[0], sizes[-1]))
            shares = (len(group.images) * math.prod(group.places[number].size) for group in plan.groups)
            mean = sum(shares) / masks / math.prod(layer.size)
            of_work = works[number] / total
            steps.append(
                Step(_names(stage.nodes), layer.channels, layer.size, sizes[0], sizes[-1], least, mean, most, of_work)
            )
        behind = (sum(works[plan.count :]) + divided.rest_work) / total
        steps.append(Step("all that follows", 0, (0, 0), (0, 0), (0, 0), 1.0, 1.0, 1.0, behind))
        left = sum(step.mean * step.work for step in steps)
        return cls(steps, left, plan.gain, len(division.stages), divided.ended_by)

    def lines(self) -> list[str]:
        """A table."""
        rows: list[tuple[str, ...]] = [("stage", "operators", "gives", "computed for a mask", "share", "work", "left")]
        for number, step in enumerate(self.steps[:-1], 1):
            sizes = [_size(size) for size in dict.fromkeys((step.smallest, step.largest))]
            gives = f"{step.channels}×{_size(step.size)}"
            shares = (_percent(share) for share in (step.mean, step.work, step.mean * step.work))
            rows.append((str(number), step.operators, gives, " … ".join(sizes), *shares))
        behind = self.steps[-1]
        rows.append(("", behind.operators, "", "everything", _percent(1.0), *[_percent(behind.work)] * 2))
        rows.append(("", "in all", "", "", "", _percent(1.0), _percent(self.left)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
        told = f"{len(self.steps) - 1} of {self.stages} stages are computed where masks reach"
        return [*table, "", f"{told}; {self.ended_by} ends them." if self.ended_by else f"{told}."]


def _names(nodes: "Sequence[NodeProto]") -> str:
    names = [_NAMES.get(node.op_type, node.op_type) for node in nodes if node.op_type not in _UNNAMED]
    counted = [(name, len(list(same))) for name, same in groupby(names)]
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in counted) or "Reorder"


def _size(size: Size) -> str:
    return f"{size[0]}×{size[1]}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Words to the left, shares to the right."""
    return [
        text.rjust(width) if k in (0, 4, 5, 6) else text.ljust(width)
        for k, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
