"""Drawing maps over pictures. The only module that imports matplotlib."""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colormaps import jet


def overlay_png(X: NDArray[Any], score_map: NDArray[np.float32], title: str) -> bytes:
    """The picture with the map over it in jet at half transparency, a colour bar and a title, as a PNG file.

    Parameters
    ----------
    X : uint8, H×W or H×W×3
    score_map : any size; it is stretched over the picture.
    """
    try:
        from matplotlib.colors import ListedColormap
        from matplotlib.figure import Figure
    except ImportError as error:
        msg = f'Drawing needs matplotlib ({error}): pip install "occlusion-sensitivity[pictures]".'
        raise ImportError(msg) from error
    rows, cols = X.shape[:2]
    height = 4.8
    # Figures of their own, not pyplot's: nothing global is touched, and no display is needed.
    figure = Figure(figsize=(np.clip(height * cols / rows, 3.0, 14.0) + 1.2, height), layout="constrained")
    axes = figure.subplots()
    axes.imshow(X, cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
    extent = (-0.5, cols - 0.5, rows - 0.5, -0.5)
    shown = axes.imshow(score_map, cmap=ListedColormap(jet()), alpha=0.5, extent=extent, interpolation="nearest")
    figure.colorbar(shown, ax=axes, label="drop of the score under the mask")
    axes.set_title(title, parse_math=False)
    axes.set_axis_off()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A class name may have characters that the font has not; they are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()
