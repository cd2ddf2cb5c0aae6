"""MATLAB's commands for pictures, over matplotlib's pyplot. pyplot is imported when the first of them is called."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, expected, numbers, positive_integer, shown, text_choice
from ..colormaps import jet
from ..name_values import NameValues
from ..packages import missing
from .arrays import mat2gray, real_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

__all__ = ["alpha", "colorbar", "colormap", "figure", "hold", "imagesc", "imshow", "jet", "subplot", "title"]

# Set on an axes that keeps what is drawn when something is added.
_HELD = "_occlusion_sensitivity_hold"
# Set on an axes: its colour bar.
_BAR = "_occlusion_sensitivity_colorbar"
# Set on a figure: its table of colours.
_COLOURS = "_occlusion_sensitivity_colours"


def figure(n: object = None) -> "Figure":
    """A new figure, or figure number `n`; current from now on.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> figure().axes
    []
    """
    return _pyplot().figure(None if n is None else positive_integer("n", n))  # type: ignore[no-any-return]


def subplot(m: object, n: object, p: object) -> "Axes":
    """The `p`-th axes, from 1 and row by row, of a grid of `m` rows and `n` columns; current from now on.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> subplot(1, 2, 2).get_title()
    ''
    """
    rows, cols, position = (positive_integer(name, value) for name, value in (("m", m), ("n", n), ("p", p)))
    if position > rows * cols:
        raise ValueError(expected("p", f"at most {rows * cols}, the axes of the grid", p))
    return _pyplot().subplot(rows, cols, position)  # type: ignore[no-any-return]


def hold(state: object = None) -> None:
    """Whether the current axes keep what is drawn: ``hold("on")``, ``hold("off")``, ``hold()`` to toggle.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> hold("on")
    """
    axes = _pyplot().gca()
    if state is None:
        on = not _is_held(axes)
    else:
        on = state if isinstance(state, bool) else text_choice("hold", state, ("on", "off")) == "on"
    setattr(axes, _HELD, on)


def imshow(X: ArrayLike, limits: ArrayLike | None = None) -> "AxesImage":
    """Show a picture: H×W grey or H×W×3 RGB; uint8 0…255, uint16 0…65535, floats 0…1, or logical.

    `limits` [low high] gives a grey picture another range, and [] its own. A grey picture keeps its greys whatever
    colormap() sets later, so that a map over it does not colour it.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> imshow(np.zeros((2, 3), np.uint8)).get_array().shape
    (2, 3, 3)
    """
    picture = real_array("X", X)
    if picture.ndim not in (2, 3) or picture.size == 0 or (picture.ndim == 3 and picture.shape[2] not in (1, 3)):
        msg = f"X must be a picture, H×W or H×W×3, but has shape {picture.shape}."
        raise ValueError(msg)
    if limits is None:
        largest = np.iinfo(picture.dtype).max if picture.dtype.kind in "ui" else 1
        shares = (picture / largest).clip(0, 1)
    else:
        shares = mat2gray(picture, limits if np.size(limits) else None)
    if shares.ndim == 2:
        shares = shares[:, :, np.newaxis]
    axes = _axes_to_draw_in()
    image: AxesImage = axes.imshow(
        np.broadcast_to(shares, (*shares.shape[:2], 3)), extent=_extent(shares), interpolation="nearest"
    )
    axes.set_axis_off()
    return image


def imagesc(C: ArrayLike, *nameValuePairs: object, **options: object) -> "AxesImage":
    """Show a matrix in colours, its smallest value in the first and its largest in the last.

    Parameters
    ----------
    C : array_like, 2-D
    clims : (float, float), optional
        Second argument: the values of the first and the last colour, instead of those of C.
    AlphaData : float or array of C's shape, default 1
        Opacity, 0…1.

    Returns
    -------
    image : matplotlib.image.AxesImage

    Raises
    ------
    TypeError, ValueError
        If C is no matrix of numbers, or AlphaData is outside 0…1.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> imagesc([[1, 2], [3, 4]], AlphaData=0.5).get_clim()
    (1.0, 4.0)
    """
    matrix = real_array("C", C)
    if matrix.ndim != 2 or matrix.size == 0:
        msg = f"C must be a matrix of numbers, but is {shown(C)}."
        raise ValueError(msg)
    clims = nameValuePairs[:1] if nameValuePairs and as_text(nameValuePairs[0]) is None else ()
    low, high = _limits(clims[0]) if clims else (None, None)
    given = NameValues.parse(nameValuePairs[len(clims) :], options, ("AlphaData",))
    opacity = given.read("AlphaData", 1.0, _opacity, matrix.shape)
    axes = _axes_to_draw_in()
    held = _is_held(axes) and axes.images
    limits = axes.axis() if held else None
    image: AxesImage = axes.imshow(
        matrix.astype(np.float64),
        cmap=_as_colormap(getattr(axes.figure, _COLOURS, jet())),
        alpha=opacity,
        vmin=low,
        vmax=high,
        extent=_extent(matrix),
        interpolation="nearest",
        aspect=axes.get_aspect() if held else "auto",
    )
    if limits is not None:
        axes.axis(limits)
    return image


def colormap(colours: object) -> None:
    """Set the colours of the current figure's matrices: ``colormap("jet")``, any name of matplotlib, or an m×3 array.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> colormap("jet")
    >>> colormap(jet(64))
    """
    current = _pyplot().gcf()
    table = _table(colours)
    setattr(current, _COLOURS, table)
    for axes in current.axes:
        for image in axes.images:
            if image.get_array().ndim == 2:
                image.set_cmap(_as_colormap(table))


def colorbar() -> "Colorbar":
    """A bar of the colours of the matrix that was drawn last in the current axes.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> drawn = imagesc([[1, 2], [3, 4]])
    >>> colorbar().mappable is drawn
    True
    """
    image = _last_matrix("colorbar")
    axes = _pyplot().gca()
    _remove_colorbar(axes)
    bar: Colorbar = _pyplot().colorbar(image)
    setattr(axes, _BAR, bar)
    return bar


def alpha(value: object) -> None:
    """Set the opacity, 0…1, of the matrix that was drawn last in the current axes.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> drawn = imagesc([[1, 2], [3, 4]])
    >>> alpha(0.5)
    """
    image = _last_matrix("alpha")
    image.set_alpha(_opacity("value", value, np.asarray(image.get_array()).shape))


def title(text: object) -> "Text":
    """A title over the current axes.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> title("espresso").get_text()
    'espresso'
    """
    written = as_text(text)
    return _pyplot().title(str(text) if written is None else written, parse_math=False)  # type: ignore[no-any-return]


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise missing("Drawing needs", "matplotlib", "pictures", error) from error
    return pyplot


def _is_held(axes: "Axes") -> bool:
    return bool(getattr(axes, _HELD, False))


def _axes_to_draw_in() -> "Axes":
    axes: Axes = _pyplot().gca()
    if not _is_held(axes):
        _remove_colorbar(axes)
        axes.clear()
    return axes


def _remove_colorbar(axes: "Axes") -> None:
    bar = getattr(axes, _BAR, None)
    if bar is not None:
        bar.remove()
        setattr(axes, _BAR, None)


def _limits(clims: object) -> tuple[float, float]:
    ends = numbers("clims", clims, "[low high]").tolist()
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise ValueError(expected("clims", "[low high], in this order", clims))
    return float(ends[0]), float(ends[1])


def _extent(picture: NDArray[Any]) -> tuple[float, float, float, float]:
    # Pixels are counted from 1, and row 1 is on top.
    rows, cols = picture.shape[:2]
    return (0.5, cols + 0.5, rows + 0.5, 0.5)


def _last_matrix(command: str) -> "AxesImage":
    images: list[AxesImage] = [image for image in _pyplot().gca().images if np.ndim(image.get_array()) == 2]
    if not images:
        msg = f"{command} needs a matrix in the current axes: imagesc(C) draws one."
        raise ValueError(msg)
    return images[-1]


def _opacity(name: str, value: object, shape: tuple[int, ...]) -> float | NDArray[np.float64]:
    allowed = f"a number of 0…1 or an array of {shape[0]}×{shape[1]} of them"
    array = real_array(name, value)
    if array.size != 1 and array.shape != shape:
        raise ValueError(expected(name, allowed, value))
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(expected(name, allowed, value))
    return float(array.reshape(())) if array.size == 1 else array.astype(np.float64)


def _table(colours: object) -> NDArray[np.float64]:
    """A colour map by name or by numbers, as an m×3 array."""
    name = as_text(colours)
    if name is not None and name.lower() in ("jet", "default"):
        return jet()
    if name is not None:
        from matplotlib import colormaps

        if name not in colormaps:
            raise ValueError(expected("colormap", "jet, a name of matplotlib's or an m×3 array", name))
        return np.asarray(colormaps[name](np.arange(256) / 255))[:, :3]
    table = real_array("colormap", colours).astype(np.float64)
    if table.ndim != 2 or table.shape[1] != 3 or not ((table >= 0) & (table <= 1)).all():
        raise ValueError(expected("colormap", "an m×3 array of 0…1", colours))
    return table


def _as_colormap(table: NDArray[np.float64]) -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap(table)
