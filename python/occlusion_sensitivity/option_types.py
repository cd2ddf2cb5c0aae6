"""The options of the public functions as editors and type checkers know them: under their full names, in MATLAB's case.

Nothing is checked by these when the program runs, where any case and an unambiguous beginning are enough as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from .images import ImageLike

if TYPE_CHECKING:
    from .network.layers import ImageInputLayer

Text: TypeAlias = str | NDArray[np.str_]
Texts: TypeAlias = str | Sequence[str] | NDArray[np.str_]
Number: TypeAlias = int | float | np.integer[Any] | np.floating[Any]
Numbers: TypeAlias = Number | Sequence[Number] | NDArray[np.integer[Any] | np.floating[Any]]
Truth: TypeAlias = bool | Number | np.bool_ | NDArray[Any]


class OcclusionSensitivityOptions(TypedDict, total=False):
    """Of occlusionSensitivity."""

    MaskSize: Text | Numbers
    Stride: Text | Numbers
    MaskValue: Text | Numbers
    OutputUpsampling: Text
    MaskClipping: Text | Truth
    MiniBatchSize: Numbers
    ExecutionEnvironment: Text


class FaithfulnessOptions(TypedDict, total=False):
    """Of deletion and insertion."""

    NumSteps: Numbers
    MaskValue: Text | Numbers
    MiniBatchSize: Numbers
    ExecutionEnvironment: Text


class PageOptions(TypedDict, total=False):
    """Of the page of an Explanation."""

    colormap: Literal["jet", "diverging"]
    opacity: Number
    longest_side: int | np.integer[Any]


class DrawingOptions(PageOptions, total=False):
    """Of the pictures of an Explanation."""

    style: Literal["overlay", "contours", "side-by-side", "spotlight"]
    frame: Literal["photograph", "network"]


class ImresizeOptions(TypedDict, total=False):
    """Of imresize."""

    Method: Text
    Antialiasing: Truth
    Scale: Numbers
    OutputSize: Numbers


class ImageInputLayerOptions(TypedDict, total=False):
    """Of imageInputLayer."""

    Name: str
    Normalization: Text
    Mean: ImageLike
    StandardDeviation: ImageLike
    Min: ImageLike
    Max: ImageLike


class ImportNetworkFromONNXOptions(TypedDict, total=False):
    """Of importNetworkFromONNX."""

    InputDataFormats: Texts
    OutputDataFormats: Texts
    Namespace: Text
    PackageName: Text
    FoldConstants: Text
    GenerateCustomLayers: Truth
    InputLayer: ImageInputLayer
    Optimize: Truth
    Inference: Text


class InferenceOptions(TypedDict, total=False):
    """Of imagePretrainedNetwork."""

    Inference: Text


class ClassifierOptions(ImportNetworkFromONNXOptions, total=False):
    """Of importONNXNetwork, but for the one that says what it gives."""

    OutputLayerType: Text
    Classes: Texts
    ClassNames: Texts
    ImageInputSize: Numbers


class ImportONNXNetworkOptions(ClassifierOptions, total=False):
    """Of importONNXNetwork."""

    TargetNetwork: Text


class DAGNetworkOptions(TypedDict, total=False):
    """Of DAGNetwork and SeriesNetwork."""

    Classes: Texts


class PretrainedOptions(TypedDict, total=False):
    """Of alexnet, googlenet and the other networks that are downloaded."""

    Weights: Text
