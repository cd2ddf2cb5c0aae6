"""Axes and figures of matplotlib as MATLAB's functions for pictures use them: the current ones, and what they keep."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..packages import missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kept = TypeVar("Kept")

# What an axes, a figure or an image keeps for these functions, as attributes of its own.
HELD = "_occlusion_sensitivity_hold"  # axes: whether what is drawn stays when something is added
BAR = "_occlusion_sensitivity_colorbar"  # axes: its colour bar
TABLE = "_occlusion_sensitivity_colours"  # axes and figures: their table of colours
LIMITS = "_occlusion_sensitivity_limits"  # axes: the values of the first and last colour, where they were set
PLACE = "_occlusion_sensitivity_place"  # axes: rows and columns of the grid, and which of them
LAYOUT = "_occlusion_sensitivity_layout"  # figures: their tiled layout
GREY = "_occlusion_sensitivity_grey"  # image: "grey" from imshow, "coloured" where colormap was called since


def pyplot() -> Any:
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise missing("Drawing needs", "matplotlib", "pictures", error) from error
    return plt


def kept(owner: object, what: str, default: Kept) -> Kept:
    found: Kept = getattr(owner, what, default)
    return found


def is_axes(value: object) -> bool:
    """Whether `value` is an axes of matplotlib, which is not imported for it."""
    return _is_a(value, "matplotlib.axes", "Axes")


def is_figure(value: object) -> bool:
    return _is_a(value, "matplotlib.figure", "Figure")


def is_image(value: object) -> bool:
    return _is_a(value, "matplotlib.image", "AxesImage")


def _is_a(value: object, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def axes_first(arguments: Sequence[object]) -> tuple["Axes", list[Any]]:
    """The axes that is the first argument, or the current one; and the other arguments."""
    if arguments and is_axes(arguments[0]):
        return arguments[0], list(arguments[1:])  # type: ignore[return-value]
    return pyplot().gca(), list(arguments)


def axes_to_draw_in(axes: "Axes") -> "Axes":
    """The axes, empty unless it holds what is drawn."""
    if not kept(axes, HELD, False):
        remove_colorbar(axes)
        axes.clear()
        for what in (TABLE, LIMITS):
            setattr(axes, what, None)
    return axes


def remove_colorbar(axes: "Axes") -> None:
    bar = kept(axes, BAR, None)
    if bar is not None:
        bar.remove()
        setattr(axes, BAR, None)


def matrices(axes: "Axes") -> list[Any]:
    """The images of the axes that are drawn in colours of a table, the last on top."""
    return [image for image in axes.images if np.asarray(image.get_array()).ndim == 2]


def coloured(axes: "Axes") -> list[Any]:
    """The matrices that the colours of the axes are for: not a grey picture of imshow under something else."""
    drawn = axes.images
    return [image for image in matrices(axes) if not kept(image, GREY, "") or image is drawn[-1]]


def on_top(images: Sequence[Any], command: str) -> Any:
    """The last of the images, which `command` needs."""
    if not images:
        msg = f"{command} needs a matrix in the axes: imagesc(C) draws one."
        raise ValueError(msg)
    return images[-1]


def extent_of(
    shape: Sequence[int], x: Sequence[float] = (), y: Sequence[float] = ()
) -> tuple[float, float, float, float]:
    """The edges of a picture whose first and last pixels are centred on `x` and `y`; counted from 1 by default.

    Row 1 is on top.
    """
    left, right = _edges(shape[1], x)
    top, bottom = _edges(shape[0], y)
    return (left, right, bottom, top)


def _edges(length: int, ends: Sequence[float]) -> tuple[float, float]:
    first = ends[0] if len(ends) else 1.0
    last = ends[-1] if len(ends) > 1 else first + length - 1
    half = (last - first) / (length - 1) / 2 if length > 1 else 0.5
    return first - half, last + half
