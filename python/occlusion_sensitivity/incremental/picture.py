"""A plan as a picture: how much of each layer a mask has computed again, along the depth of the network."""

from typing import TYPE_CHECKING

import numpy as np

from ..lettering import DPI, broken, lettered
from ..plotting import new_figure
from .outline import Outline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _FONT = 8.0, 10.0  # inches, points
_COMPUTED, _SPARED, _RANGE = "#c2410c", "#e2e8f0", "#1e293b"


def plan_figure(outline: Outline, title: str) -> "Figure":
    """The areas are work: what is left of it, and what is spared."""
    from matplotlib.ticker import PercentFormatter

    figure = new_figure((_WIDTH, 4.5))
    axes = figure.subplots()
    ends = np.cumsum([0.0, *(step.work for step in outline.steps)])
    edges = ends / ends[-1]
    shares = [step.mean for step in outline.steps]
    axes.stairs(
        [1.0] * len(shares), edges, fill=True, color=_SPARED, label=f"spared: {1 - outline.left:.0%} of the work"
    )
    axes.stairs(shares, edges, fill=True, color=_COMPUTED, label=f"computed again for a mask: {outline.left:.0%}")
    for share, label in (("least", "masks that reach least, and most"), ("most", None)):
        values = [getattr(step, share) for step in outline.steps]
        axes.stairs(values, edges, color=_RANGE, linewidth=0.9, linestyle="dashed", label=label)
    if len(edges) > 2 and edges[-2] < 1:
        axes.axvline(edges[-2], color=_RANGE, linewidth=0.9)
    axes.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="depth of the network, as a share of its work", ylabel="share of each layer"
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    text, families = lettered("\n".join(broken(title, _WIDTH * DPI * 0.8, _FONT * DPI / 72)))
    axes.set_title(text, fontfamily=families, parse_math=False, loc="left", fontsize=_FONT)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return figure
