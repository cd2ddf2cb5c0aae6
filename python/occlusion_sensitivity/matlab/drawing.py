"""Pictures and matrices in axes."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_array, as_text, expected, numbers, shown, text_choice
from ..images import ImageLike
from ..name_values import NameValues
from ..pictures import imread
from .arrays import real_array
from .axes import GREY, HELD, LIMITS, axes_to_draw_in, extent_of, is_axes, kept, pyplot
from .casts import one_picture, picture_array
from .colours import colormap, limits_of, opacity_of, recolour, table_of
from .option_types import ImagescOptions, ImshowOptions
from .pictures import ind2rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    class DrawnImage(AxesImage):
        """What :func:`_image_class` makes, for type checkers."""

        AlphaData: Any
        CData: Any
        Visible: Any


__all__ = ["imagesc", "imshow"]

# Options of imshow that concern its window on a screen alone: they change nothing here.
WINDOW_OPTIONS = ("Border", "InitialMagnification")
# Set on an image: what was given to be drawn, in its class.
_TYPED = "_occlusion_sensitivity_typed"
_IMSHOW_OPTIONS = ("Colormap", "DisplayRange", "Interpolation", "Parent", "XData", "YData", *WINDOW_OPTIONS)
_IMAGESC_OPTIONS = ("AlphaData", "AlphaDataMapping", "CData", "Parent", "XData", "YData")


def imshow(X: ImageLike | str | os.PathLike[str], *arguments: object, **options: Unpack[ImshowOptions]) -> DrawnImage:
    """Show a picture, in square pixels and without axes.

    Parameters
    ----------
    X : array_like, H×W or H×W×3, or str
        uint8 0…255, uint16 0…65535, int16 -32768…32767, single and double 0…1, or logical; or the name of a file.
    DisplayRange : (float, float), optional
        Also as second argument: what is black and what is white of a grey picture; [] for its smallest and largest
        value.
    map : array_like, m×3, optional
        Second argument: X holds places in it, which single and double count from 1 and integers from 0.
    Colormap : array_like, m×3, or text, optional
        The colours of a grey picture.
    XData, YData : (float, float), optional
        Where the first and last pixels are.
    Interpolation : {"nearest", "bilinear"}, default "nearest"
    Parent : matplotlib.axes.Axes, optional
        The current axes by default.
    InitialMagnification, Border
        Concern the window on a screen, and change nothing.

    Returns
    -------
    image : matplotlib.image.AxesImage
        ``image.AlphaData = 0.5`` and ``image.CData`` work as in MATLAB.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If X is no picture, or an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``imshow(X)``, ``imshow(map,[])``, ``imshow(X,"InitialMagnification",200)``

    Python: ``imshow(X)``, ``imshow(map, [])``, ``imshow(X, "InitialMagnification", 200)``

    Differs: a grey picture keeps its greys under what is drawn over it, where MATLAB's colormap dyes both. Options of a
    window are taken and change nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> imshow(np.zeros((2, 3), np.uint8)).CData.shape
    (2, 3)
    """
    rest = list(arguments)
    second: Any = rest.pop(0) if rest and as_text(rest[0]) is None else None
    given = NameValues.parse(rest, options, _IMSHOW_OPTIONS)
    given.read("InitialMagnification", 100, _magnification)
    given.read("Border", "loose", text_choice, ("loose", "tight"))
    interpolation = given.read("Interpolation", "nearest", text_choice, ("nearest", "bilinear"))
    axes = _parent(given)
    picture = one_picture("X", imread(X) if isinstance(X, str | os.PathLike) else X)
    table, limits = None, given.read("DisplayRange", None, _range) if "DisplayRange" in given else None
    second = second() if isinstance(second, FunctionType) else second  # jet itself
    if second is not None and _is_table(second):
        picture = ind2rgb(picture, second)
    elif second is not None:
        if limits is not None:
            msg = f"{given.typed('DisplayRange')} must be given once, but is the second argument, too."
            raise ValueError(msg)
        limits = _range("DisplayRange", second)
    if "Colormap" in given:
        table = given.read("Colormap", None, table_of)
    data, low, high = _shown(picture, limits)
    places = _places(given, data.shape)
    axes = axes_to_draw_in(axes)
    image = _drawn(axes, data, picture, interpolation, places)
    if data.ndim == 2:
        image.set_clim(low, high)
        setattr(image, GREY, "grey")
        if table is None:
            recolour(axes)
        else:
            colormap(axes, table)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return image


def imagesc(*arguments: object, **options: Unpack[ImagescOptions]) -> DrawnImage:
    """Show a matrix in colours, its smallest value in the first and its largest in the last.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        First argument; the current one by default.
    x, y : vector of float, optional
        Where the first and last pixels are: ``imagesc(x, y, C)``; counted from 1 by default.
    C : array_like, H×W; or H×W×3, which is drawn in its own colours
    clims : (float, float), optional
        Behind C: the values of the first and the last colour, instead of those of C.
    AlphaData : float or array of C's shape, default 1
        Opacity, 0…1.
    XData, YData, CData, Parent
        x, y, C and ax, as options.
    AlphaDataMapping : "none"

    Returns
    -------
    image : matplotlib.image.AxesImage
        ``image.AlphaData = 0.5`` and ``image.CData`` work as in MATLAB.

    Raises
    ------
    TypeError, ValueError
        If C is no matrix of numbers, or an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``imagesc(map,"AlphaData",0.5)``, ``imagesc(ax,map,[0 1])``

    Python: ``imagesc(map, "AlphaData", 0.5)``, ``imagesc(ax, map, [0, 1])``

    Differs: the colours are those of colormap, and without one matplotlib's viridis, which stands in for parula.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> imagesc([[1, 2], [3, 4]], AlphaData=0.5).get_clim()
    (1.0, 4.0)
    """
    rest = list(arguments)
    axes = rest.pop(0) if rest and is_axes(rest[0]) else None
    count = next((k for k, part in enumerate(rest) if as_text(part) is not None), len(rest))
    numeric, named = rest[:count], rest[count:]
    given = NameValues.parse(named, options, _IMAGESC_OPTIONS)
    given.read("AlphaDataMapping", "none", text_choice, ("none",))
    places = {}
    if len(numeric) > 2:
        places = {"XData": numeric[0], "YData": numeric[1]}
        numeric = numeric[2:]
    if len(numeric) > 2 or ("CData" in given) == bool(numeric):
        msg = "imagesc takes C, or x, y and C, then the limits of the colours, then options."
        raise TypeError(msg)
    twice = [name for name in (*places, *["Parent"] * (axes is not None)) if name in given]
    if twice:
        msg = f"{given.typed(twice[0])} must be given once, but is given by its place among the arguments, too."
        raise ValueError(msg)
    C = given.value("CData") if "CData" in given else numeric[0]
    matrix = _matrix(C)
    limits = limits_of("clims", numeric[1]) if len(numeric) == 2 else None
    opacity = given.read("AlphaData", 1.0, opacity_of, matrix.shape[:2])
    ends = _places(given, matrix.shape, places)
    axes = axes_to_draw_in(_parent(given) if axes is None else axes)  # type: ignore[arg-type]
    held = bool(kept(axes, HELD, False) and axes.images)
    view = axes.axis() if held else None
    image = _drawn(axes, matrix, real_array("C", C), "nearest", ends)
    image.set_alpha(opacity)
    if matrix.ndim == 2:
        if limits is not None:
            setattr(axes, LIMITS, limits)
        image.set_clim(*(kept(axes, LIMITS, None) or _range_of(matrix)))
    if view is not None:
        axes.axis(view)
    else:
        axes.set_aspect("auto")
    recolour(axes)
    return image


def _places(given: NameValues, shape: Sequence[int], typed: Mapping[str, object] | None = None) -> list[list[float]]:
    """The centres of the first and last pixels along x and y."""
    found = []
    for name, length in (("XData", shape[1]), ("YData", shape[0])):
        short = name[0].lower()
        value = (typed or {}).get(name, given.value(name, []))
        label = short if typed else given.typed(name)
        array = as_array(value)
        empty = array is not None and array.size == 0
        found.append([1.0, float(length)] if empty else _ends(label, value))
    return found


def _is_table(value: Any) -> bool:
    array = as_array(value)
    return array is not None and array.ndim == 2 and array.shape[1] == 3


def _parent(given: NameValues) -> Axes:
    if "Parent" not in given:
        axes: Axes = pyplot().gca()
        return axes
    value = given.value("Parent")
    if not is_axes(value):
        raise TypeError(expected(given.typed("Parent"), "an axes, such as subplot gives", value))
    return value  # type: ignore[return-value]


def _matrix(C: object) -> NDArray[Any]:
    matrix = real_array("C", C)
    if matrix.ndim == 3 and matrix.shape[2] == 3 and matrix.size:
        return _shown(picture_array("C", C), None)[0]
    if matrix.ndim != 2 or matrix.size == 0:
        msg = f"C must be a matrix of numbers, H×W, or a picture, H×W×3, but is {shown(C)}."
        raise ValueError(msg)
    return matrix.astype(np.float64)


def _shown(picture: NDArray[Any], limits: tuple[float, float] | None) -> tuple[NDArray[np.float64], float, float]:
    """What is drawn: a grey picture, with what is black and what is white; or a colour picture of 0…1."""
    kind = picture.dtype.kind
    if kind in "ui":
        low, high = float(np.iinfo(picture.dtype).min), float(np.iinfo(picture.dtype).max)
    else:
        low, high = 0.0, 1.0
    data = picture.astype(np.float64)
    if picture.ndim == 3:
        return np.nan_to_num((data - low) / (high - low), nan=0.0).clip(0, 1), 0.0, 1.0
    if limits is not None:
        low, high = limits if limits[0] < limits[1] else _range_of(data)
    return data, low, high


def _range_of(matrix: NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest number; apart, lest a flat matrix has no colours."""
    known = matrix[np.isfinite(matrix)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 1.0, high + 1.0)


def _range(name: str, value: object) -> tuple[float, float]:
    """[low high]; (0, 0) for [], the picture's own."""
    if np.size(np.asarray(value, dtype=object)) == 0:
        return 0.0, 0.0
    return limits_of(name, value)


def _ends(name: str, value: object) -> list[float]:
    allowed = "where the first and the last pixels are, in order"
    ends = [float(x) for x in numbers(name, value, allowed).tolist()]
    if not np.isfinite(ends).all() or (len(ends) > 1 and not ends[0] < ends[-1]):
        raise ValueError(expected(name, allowed, value))
    return ends[:1] if len(ends) == 1 else [ends[0], ends[-1]]


def _magnification(name: str, value: object) -> None:
    allowed = 'a positive percentage or "fit"'
    if as_text(value) is not None:
        text_choice(name, value, ("fit",))
        return
    percent = numbers(name, value, allowed).tolist()
    if len(percent) != 1 or not percent[0] > 0:
        raise ValueError(expected(name, allowed, value))


def _drawn(
    axes: Axes, data: NDArray[np.float64], typed: NDArray[Any], interpolation: str, places: Sequence[Sequence[float]]
) -> DrawnImage:
    """A new image in the axes, whose limits it sets unless something is held there."""
    held = bool(axes.images)
    image: DrawnImage = _image_class()(axes, interpolation=interpolation)
    image.set_data(data)
    setattr(image, _TYPED, typed)
    image.set_clip_path(axes.patch)
    axes.add_image(image)
    left, right, bottom, top = extent_of(data.shape, *places)
    view = axes.axis()
    image.set_extent((left, right, bottom, top))
    if held:
        axes.axis(view)
    else:
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
    return image


@functools.cache
def _image_class() -> Any:
    """matplotlib's image with MATLAB's names for what is set of it."""
    from matplotlib.image import AxesImage

    class Image(AxesImage):
        def set_alpha(self, alpha: Any) -> None:
            self._alpha = None  # matplotlib compares the new one with it, and fails on an array
            super().set_alpha(alpha)

        def __setattr__(self, name: str, value: object) -> None:
            if name[:1].isupper() and name not in ("AlphaData", "CData", "Visible"):
                msg = f"An image has AlphaData, CData and Visible to be set, but no {name}."
                raise AttributeError(msg)
            super().__setattr__(name, value)

        @property
        def AlphaData(self) -> Any:
            found = self.get_alpha()
            return 1.0 if found is None else found

        @AlphaData.setter
        def AlphaData(self, value: object) -> None:
            self.set_alpha(opacity_of("AlphaData", value, np.asarray(self.get_array()).shape[:2]))

        @property
        def CData(self) -> NDArray[Any]:
            return kept(self, _TYPED, np.asarray(self.get_array()))

        @CData.setter
        def CData(self, value: object) -> None:
            before = np.asarray(self.get_array())
            grey = kept(self, GREY, "")
            typed = one_picture("X", value) if grey else real_array("CData", value)
            data = typed.astype(np.float64) if grey and typed.ndim == 2 else _matrix(value)
            if data.ndim != before.ndim:
                allowed = "a matrix, as before" if before.ndim == 2 else "a picture H×W×3, as before"
                raise ValueError(expected("CData", allowed, value))
            self.set_data(data)
            setattr(self, _TYPED, typed)
            if data.shape[:2] != before.shape[:2]:
                self.set_extent(extent_of(data.shape))
            if data.ndim == 2 and not grey and kept(self.axes, LIMITS, None) is None:
                self.set_clim(*_range_of(data))

        @property
        def Visible(self) -> str:
            return "on" if self.get_visible() else "off"

        @Visible.setter
        def Visible(self, value: object) -> None:
            self.set_visible(value if isinstance(value, bool) else text_choice("Visible", value, ("on", "off")) == "on")

    return Image
