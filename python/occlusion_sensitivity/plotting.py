"""Drawing maps over pictures, without a display: matplotlib's figures, never its pyplot."""

import io
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .colormaps import jet
from .packages import missing

if TYPE_CHECKING:
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure


def overlay_png(X: NDArray[Any], score_map: NDArray[np.float32], title: str) -> bytes:
    """The picture with the map over it in jet at half transparency, a colour bar and a title, as a PNG file.

    Parameters
    ----------
    X : uint8, H×W or H×W×3
    score_map : any size; it is stretched over the picture.
    """
    rows, cols = X.shape[:2]
    height = 4.8
    figure = _figure((float(np.clip(height * cols / rows, 3.0, 14.0)) + 1.2, height))
    axes = figure.subplots()
    axes.imshow(X, cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
    extent = (-0.5, cols - 0.5, rows - 0.5, -0.5)
    shown = axes.imshow(score_map, cmap=_jet(), alpha=0.5, extent=extent, interpolation="nearest")
    figure.colorbar(shown, ax=axes, label="drop of the score under the mask")
    axes.set_title(drawable(title), parse_math=False)
    axes.set_axis_off()
    return _png(figure, dpi=120)


def comparison_png(reference: NDArray[Any], found: NDArray[Any], source: str) -> bytes:
    """A reference's map, this package's, and their difference side by side, as a PNG file.

    Parameters
    ----------
    reference, found : rows × columns (× K), the same shape; of several maps the one that differs most is drawn.
    source : who computed the reference.
    """
    one, other = (maps.astype(np.float64).reshape(*maps.shape[:2], -1) for maps in (reference, found))
    apart = other - one
    k = int(np.argmax(np.nan_to_num(np.abs(apart), nan=np.inf).max(axis=(0, 1))))
    figure = _figure((10.5, 3.0), layout=None)
    low, high = float(np.nanmin(one[..., k])), float(np.nanmax(one[..., k]))
    panels = ((source, one, low, high), ("here", other, low, high), ("here - " + source, apart, None, None))
    for axes, (title, maps, smallest, largest) in zip(figure.subplots(1, 3), panels, strict=True):
        shown = axes.imshow(maps[..., k], cmap=_jet(), vmin=smallest, vmax=largest, interpolation="nearest")
        figure.colorbar(shown, ax=axes)
        axes.set_title(drawable(title if maps.shape[2] == 1 else f"{title}, map {k + 1}"), parse_math=False)
        axes.set_axis_off()
    return _png(figure, dpi=70)


def _figure(size: tuple[float, float], layout: Literal["constrained"] | None = "constrained") -> "Figure":
    """A figure of its own, not pyplot's: nothing global is touched, and no display is needed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing("Drawing needs", "matplotlib", "pictures", error) from error
    return Figure(figsize=size, layout=layout)


def _jet() -> "ListedColormap":
    from matplotlib.colors import ListedColormap

    return ListedColormap(jet())


def _png(figure: "Figure", dpi: int) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def drawable(text: str) -> str:
    """The text, with a box for each character that the font has not: matplotlib would warn of each."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    families = FontProperties().get_family()
    fonts = [get_font(findfont(FontProperties(family=[family]))) for family in families]

    def has(character: str) -> bool:
        return any(font.get_char_index(ord(character)) for font in fonts)

    box = "□" if has("□") else "?"
    return "".join(character if character == "\n" or has(character) else box for character in text)
