"""What a network sees in a photograph, as an object that draws, saves and becomes a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .arguments import expected, positive_integer, text_choice
from .drawings import FRAMES, Drawing, drawn_on, encoded, figure_of
from .drawings import OPTION_NAMES as DRAWING_NAMES
from .files import write_named
from .framing import Box, Frame
from .grid import MaskGrid
from .lettering import score_text
from .listing import public_names
from .name_values import NameValues
from .network.network import Network
from .option_types import DrawingOptions, PageOptions
from .options import OcclusionOptions
from .outputs import MOST_CLASSES, checked_output
from .painting import is_flat
from .preprocessing import Preprocessing, are_probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .pages.page import Page

_INNER = ("image", "mask_grid", "frame", "network", "options", "preprocessing", "all_scores", "all_classes")


@dataclass(frozen=True, slots=True)
class Peak:
    """The strongest mask of a map.

    Attributes
    ----------
    drop : float
        How far it lowers the score; below zero where it raises it.
    box : (float, float, float, float)
        Where it lies: row0, row1, col0, col1 between pixels, from 0, cut to the picture.
    """

    drop: float
    box: Box

    @property
    def row(self) -> int:
        """The row in its middle, from 1."""
        return int((self.box[0] + self.box[1]) / 2) + 1

    @property
    def column(self) -> int:
        """The column in its middle, from 1."""
        return int((self.box[2] + self.box[3]) / 2) + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """What a network sees in a photograph; made by :func:`explain`. A notebook shows it as a picture.

    Attributes
    ----------
    map : numpy.ndarray of single, h×w, or h×w×K for K classes
        occlusionSensitivity's map of the network's image; h and w are that image's.
    grid : numpy.ndarray of single, rows×columns, or rows×columns×K
        The drop of the score under each mask, from which the map is resized.
    classes : list of str
        The names of the K classes.
    channels : list of int
        Their output channels, from 1.
    scores : numpy.ndarray of double, shape (K,)
        Their scores without a mask.
    photograph : numpy.ndarray, H×W or H×W×C
        The photograph, upright, in its own size.
    name : str
        What the photograph is called in captions.
    sha256 : str or None
        Of the photograph's file, if there was one.

    Examples
    --------
    >>> import numpy as np
    >>> from occlusion_sensitivity import explain
    >>> X = np.zeros((60, 80), dtype=np.uint8)
    >>> X[20:40, 30:60] = 200
    >>> result = explain(X, channel=3, Stride=56)
    >>> result.classes, result.channels, result.grid.shape
    (['great white shark'], [3], (4, 4))
    >>> result.peak().drop == float(result.grid.max())
    True
    """

    map: NDArray[np.float32]
    grid: NDArray[np.float32]
    classes: list[str]
    channels: list[int]
    scores: NDArray[np.float64]
    photograph: NDArray[Any]
    name: str
    sha256: str | None
    # What the rest is made of; not part of what is promised.
    image: NDArray[Any] = field(repr=False)
    mask_grid: MaskGrid = field(repr=False)
    frame: Frame = field(repr=False)
    network: Network = field(repr=False)
    options: OcclusionOptions = field(repr=False)
    preprocessing: Preprocessing = field(repr=False)
    all_scores: NDArray[np.float64] = field(repr=False)
    all_classes: Sequence[str] = field(repr=False)

    @property
    def boxes(self) -> NDArray[np.float64]:
        """Where the masks lie in the photograph, rows×columns×4: row0, row1, col0, col1 between pixels, from 0."""
        return self.frame.in_photograph(self._image_boxes())

    def _image_boxes(self) -> NDArray[np.int32]:
        return self.mask_grid.boxes.reshape(*self.mask_grid.shape, 4)

    @property
    def score_name(self) -> str:
        """ "probability" where the scores of all classes are probabilities, else "score"."""
        return "probability" if are_probabilities(self.all_scores) else "score"

    def best(self, count: int = 5) -> list[tuple[str, float]]:
        """The classes with the highest scores, and these."""
        count = positive_integer("count", count)
        order = np.argsort(-self.all_scores, kind="stable")[:count]
        return [(self.all_classes[k], float(self.all_scores[k])) for k in order]

    def drops(self, k: int = 0) -> NDArray[np.float32]:
        """The grid of the k-th class, from 0."""
        self._check_class(k)
        return self.grid if self.grid.ndim == 2 else self.grid[..., k]

    def is_flat(self, k: int = 0) -> bool:
        """Whether no mask changes the score of the k-th class, from 0."""
        return is_flat(self.drops(k), float(self.scores[k]))

    def peak(self, k: int = 0, frame: str = "photograph") -> Peak | None:
        """The strongest mask of the k-th class, from 0, in pixels of the photograph, or of the network's image.

        None where no drop is finite.
        """
        drops = self.drops(k)
        frame = text_choice("frame", frame, FRAMES)
        if not np.isfinite(drops).any():
            return None
        place = np.unravel_index(np.argmax(np.where(np.isfinite(drops), drops, -np.inf)), drops.shape)
        boxes = self.boxes if frame == "photograph" else self._image_boxes()
        row0, row1, col0, col1 = boxes[place].tolist()
        return Peak(float(drops[place]), (row0, row1, col0, col1))

    def draw(self, *, ax: Axes | None = None, k: int = 0, **options: Unpack[DrawingOptions]) -> Axes:
        """Draw the map of a class over the photograph, into axes of matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where it is drawn; by default into a new figure of pyplot's.
        k : int, default 0
            Which class, from 0.
        style, colormap, opacity, frame, longest_side
            See :meth:`save`; "side-by-side" takes a figure of its own, which save makes.

        Returns
        -------
        ax : matplotlib.axes.Axes
        """
        self._check_class(k)
        return drawn_on(self, Drawing.parse(NameValues.parse((), options, DRAWING_NAMES)), k, ax)

    def save(self, file: str | os.PathLike[str], **options: Unpack[DrawingOptions]) -> None:
        """Write the result to a file: as a picture, as numbers, or as a page, by its ending.

        Parameters
        ----------
        file : str or os.PathLike
            .png, .jpg, .pdf and .svg are pictures; .html is a page to explore; .npy, .csv (of one class) and .mat
            (variable scoreMap) hold `map`. Written whole or not at all.
        style : {"overlay", "contours", "side-by-side", "spotlight"}, default "overlay"
            For pictures: the map's colours over the photograph; lines at 25, 50 and 75 % of the strongest drop; the
            photograph, the map and the overlay beside each other; the photograph, dark where the map is low.
        colormap : {"jet", "diverging"}, default "jet"
            MATLAB's colours from zero to the strongest drop; or grey for zero, vermilion for drops and blue for rises.
        opacity : float, default 0.6
            How far the strongest colours cover the photograph, 0 to 1.
        frame : {"photograph", "network"}, default "photograph"
            Whether the photograph is drawn, in its own aspect, or the network's image.
        longest_side : int, default 1600
            The most pixels of a side of the photograph in a picture; of several, half as many each.

        Raises
        ------
        TypeError, ValueError
            If an option is outside the values listed above, or does not go with the file's ending.
        FileNotFoundError, RuntimeError
            If there is no such folder, or the file cannot be written.
        """
        given = NameValues.parse((), options, DRAWING_NAMES)
        output = checked_output("file", file, given)
        write_named("file", output, encoded(self, output, Drawing.parse(given)))

    def _check_class(self, k: object) -> None:
        allowed = f"an integer from 0 to {len(self.classes) - 1}"
        if isinstance(k, bool) or not isinstance(k, int | np.integer):
            raise TypeError(expected("k", allowed, k))
        if not 0 <= k < len(self.classes):
            raise ValueError(expected("k", allowed, k))

    def page(self, **options: Unpack[PageOptions]) -> Page:
        """The photograph with its maps as a page to explore, which a notebook shows; options are `colormap`, `opacity`
        and `longest_side` of :meth:`save`.
        """
        from .pages import page_of

        return page_of(self, Drawing.parse(NameValues.parse((), options, ("colormap", "opacity", "longest_side"))))

    def _repr_png_(self) -> bytes | None:
        if len(self.classes) > MOST_CLASSES:
            return None
        from .plotting import encoded_figure

        return encoded_figure(figure_of(self, Drawing.parse(NameValues())), "png")

    def __dir__(self) -> list[str]:
        return public_names(super().__dir__(), _INNER)

    def __repr__(self) -> str:
        found = ", ".join(
            f"{name} ({self.score_name} {score_text(score)})"
            for name, score in zip(self.classes, self.scores, strict=True)
        )
        return f"Explanation of {self.name}: {found}"
