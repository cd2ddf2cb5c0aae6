"""What axes keep and show: hold and axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_text, expected, numbers, shown, text_choice, texts_in, truth
from .axes import HELD, axes_first, kept

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axis", "hold"]

_AXIS_WORDS = ("auto", "equal", "fill", "ij", "image", "manual", "normal", "off", "on", "square", "tight", "xy")


def hold(*arguments: object) -> None:
    """Whether an axes keeps what is drawn: ``hold("on")``, ``hold("off")``, ``hold()`` to toggle.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current one by default.
    state : {"on", "off"} or bool, optional

    Raises
    ------
    TypeError, ValueError
        If state is another text or value.

    Notes
    -----
    MATLAB: ``hold on``, ``hold(ax,"off")``

    Python: ``hold("on")``, ``hold(ax, "off")``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> hold("on")
    """
    axes, rest = axes_first(arguments)
    if len(rest) > 1:
        msg = f"hold takes an axes and a state, but got {shown(arguments)}."
        raise ValueError(msg)
    if not rest:
        on = not kept(axes, HELD, False)
    elif as_text(rest[0]) is None:
        on = truth("hold", rest[0], '"on", "off", true or false')
    else:
        on = text_choice("hold", rest[0], ("on", "off")) == "on"
    setattr(axes, HELD, on)


def axis(*arguments: object) -> NDArray[np.float64] | None:
    """Limits and looks of an axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current one by default.
    words : text, or several
        "on" and "off": whether lines and numbers are drawn. "equal": one unit is as long along both axes; "image" also
        fits the limits; "square"; "normal" and "fill" fill the place. "tight" and "auto" fit the limits,
        "manual" keeps them. "ij": rows count down; "xy": up.
    limits : [xmin xmax ymin ymax], instead

    Returns
    -------
    limits : numpy.ndarray
        Where nothing but an axes is given; else None.

    Raises
    ------
    TypeError, ValueError
        If there is another word, or limits are not in order.

    Notes
    -----
    MATLAB: ``axis image off``, ``axis(ax,"off")``, ``axis([0 10 0 5])``

    Python: ``axis("image", "off")``, ``axis(ax, "off")``, ``axis([0, 10, 0, 5])``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> axis([0, 10, 0, 5])
    >>> axis()
    array([ 0., 10.,  0.,  5.])
    """
    axes, rest = axes_first(arguments)
    if not rest:
        return np.array([*sorted(axes.get_xlim()), *sorted(axes.get_ylim())])
    if texts_in(rest[0]) is None:
        allowed = "words such as off, image or equal, or limits [xmin xmax ymin ymax]"
        limits = numbers("axis", rest[0], allowed).astype(float).tolist()
        if len(limits) != 4 or not (limits[0] < limits[1] and limits[2] < limits[3]) or not np.isfinite(limits).all():
            raise ValueError(expected("axis", f"{allowed} in order", rest[0]))
        down = axes.yaxis_inverted()
        axes.set_xlim(limits[0], limits[1])
        axes.set_ylim(*(limits[:1:-1] if down else limits[2:]))
        return None
    words = [word for part in rest for text in (texts_in(part) or [""]) for word in text.split()]
    for word in [text_choice("axis", word, _AXIS_WORDS) for word in words]:
        _apply(axes, word)
    return None


def _apply(axes: Axes, word: str) -> None:
    if word in ("on", "off"):
        axes.set_axis_on() if word == "on" else axes.set_axis_off()
    elif word in ("ij", "xy"):
        if axes.yaxis_inverted() != (word == "ij"):
            axes.invert_yaxis()
    elif word == "square":
        axes.set_box_aspect(1)
    elif word in ("equal", "image"):
        axes.set_aspect("equal", adjustable="datalim" if word == "equal" and not axes.images else "box")
    elif word in ("normal", "fill"):
        axes.set_box_aspect(None)
        axes.set_aspect("auto")
    if word in ("image", "tight", "auto"):
        _fit_limits(axes)


def _fit_limits(axes: Axes) -> None:
    """As narrow as what is drawn; pictures with their whole pixels."""
    if not axes.images:
        axes.autoscale(tight=True)
        return
    edges = np.array([image.get_extent() for image in axes.images])
    down = axes.yaxis_inverted()
    axes.set_xlim(edges[:, :2].min(), edges[:, :2].max())
    low, high = edges[:, 2:].min(), edges[:, 2:].max()
    axes.set_ylim(*((high, low) if down else (low, high)))
