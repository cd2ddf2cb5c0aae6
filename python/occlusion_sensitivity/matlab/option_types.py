"""The options of MATLAB's functions around occlusionSensitivity, for editors and type checkers; as option_types.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypedDict

from numpy.typing import ArrayLike

from ..images import ImageLike
from ..option_types import Number, Numbers, Text, Texts, Truth

Colour: TypeAlias = Text | Numbers
ColourTable: TypeAlias = Text | ArrayLike | Callable[[], ArrayLike]


class RunOptions(TypedDict, total=False):
    """Of classify, and of every function that runs a network."""

    MiniBatchSize: Numbers
    ExecutionEnvironment: Text
    Acceleration: Text


class MinibatchpredictOptions(RunOptions, total=False):
    """Of minibatchpredict, predict and forward."""

    Outputs: Text


class ActivationsOptions(RunOptions, total=False):
    """Of activations."""

    OutputAs: Text


class ImageDatastoreOptions(TypedDict, total=False):
    """Of imageDatastore."""

    IncludeSubfolders: Truth
    FileExtensions: Texts
    LabelSource: Text
    Labels: ArrayLike
    ReadFcn: Callable[[str], Any]


class ImshowOptions(TypedDict, total=False):
    """Of imshow."""

    Colormap: ColourTable
    DisplayRange: Numbers
    Interpolation: Text
    Parent: object
    XData: Numbers
    YData: Numbers
    InitialMagnification: Text | Numbers
    Border: Text


class ImagescOptions(TypedDict, total=False):
    """Of imagesc."""

    AlphaData: ArrayLike
    AlphaDataMapping: Text
    CData: ImageLike
    Parent: object
    XData: Numbers
    YData: Numbers


class TileOptions(TypedDict, total=False):
    """Of imtile and montage."""

    ThumbnailSize: Numbers
    BorderSize: Numbers
    BackgroundColor: Colour


class ImtileOptions(TileOptions, total=False):
    """Of imtile."""

    Frames: Numbers
    GridSize: Numbers


class MontageOptions(TileOptions, total=False):
    """Of montage."""

    Indices: Numbers
    Size: Numbers
    DisplayRange: Numbers
    Interpolation: Text
    Parent: object


class ImshowpairOptions(TypedDict, total=False):
    """Of imshowpair."""

    ColorChannels: Text | Numbers
    Interpolation: Text
    Parent: object
    Scaling: Text


class FigureOptions(TypedDict, total=False):
    """Of figure."""

    Position: Numbers
    OuterPosition: Numbers
    Units: Text
    Color: Colour
    DockControls: Text | Truth
    MenuBar: Text
    Name: Text
    NumberTitle: Text | Truth
    Renderer: Text
    Resize: Text | Truth
    ToolBar: Text
    Visible: Text | Truth
    WindowState: Text
    WindowStyle: Text


class TiledlayoutOptions(TypedDict, total=False):
    """Of tiledlayout."""

    TileSpacing: Text
    Padding: Text


class TextOptions(TypedDict, total=False):
    """Of title, sgtitle, xlabel and ylabel."""

    Color: Colour
    FontAngle: Text
    FontName: Text
    FontSize: Number
    FontWeight: Text
    HorizontalAlignment: Text
    Interpreter: Text


class ColorbarOptions(TypedDict, total=False):
    """Of colorbar."""

    Location: Text
    Ticks: Numbers
    TickLabels: Texts | Sequence[str | Number]
    FontSize: Number
    Direction: Text


class ExportgraphicsOptions(TypedDict, total=False):
    """Of exportgraphics."""

    Resolution: Numbers
    ContentType: Text
    BackgroundColor: Colour


class ImwriteOptions(TypedDict, total=False):
    """Of imwrite."""

    Quality: Numbers
    Alpha: ArrayLike
    BitDepth: Numbers
    Compression: Text


class CategoricalOptions(TypedDict, total=False):
    """Of categorical."""

    Ordinal: Truth
    Protected: Truth


class RescaleOptions(TypedDict, total=False):
    """Of rescale."""

    InputMin: Numbers
    InputMax: Numbers


class ComparisonOptions(TypedDict, total=False):
    """Of maxk and mink."""

    ComparisonMethod: Text


class SortOptions(ComparisonOptions, total=False):
    """Of sort."""

    MissingPlacement: Text
