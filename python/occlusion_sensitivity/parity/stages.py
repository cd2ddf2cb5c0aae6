"""A call with what a reference gave for it, compared stage by stage: boxes → network → map → upsampled map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..grid import mask_grid
from ..images import Image, checked_image
from ..name_values import NameValues
from ..network.dlnetwork import importNetworkFromONNX
from ..network.layers import ImageInputLayer
from ..network.legacy import DAGNetwork
from ..network.network import Network
from ..occlusion import occlusionSensitivity
from ..options import OcclusionOptions, parse_channels
from ..resizing import imresize

Array = NDArray[Any]

# A unit is at least this share of the score: 2e-6 of it, float noise, is then 1e-3 of the unit.
_LEAST_UNIT = 2e-3
# In the order in which one rests on the other. "call" is the whole call as typed.
STAGES = ("boxes", "network", "map", "imresize", "call", "colours")


@dataclass(frozen=True, kw_only=True)
class OcclusionCase:
    """A call of occlusionSensitivity and the reference's results; None where it gave none.

    Attributes
    ----------
    network : pathlib.Path
        The ONNX file.
    input_layer : ImageInputLayer or None
        What the caller normalises images with; None where the file does.
    classes, labels : sequence of str
        The class names, and those that are asked for by name; none where channels are.
    output : str or None
        The scored layer; None for the file's output.
    options : dict
        Name as typed → value.
    boxes : numpy.ndarray of shape (n, 4)
        First and last row, first and last column of each mask, from 1, both included.
    totals : numpy.ndarray of shape (K,)
        The score of each channel for the image without a mask.
    score_drops : numpy.ndarray
        The map before upsampling, rows × columns (× K).
    score_map : numpy.ndarray
        The result of the call.
    of_a_call : bool
        Whether maps are of the class and shape that a call gave, which count then, too.
    tolerance : dict
        Stage → the largest difference that is allowed.
    """

    network: Path
    X: Array
    channels: Array
    input_layer: ImageInputLayer | None = None
    classes: Sequence[str] = ()
    labels: Sequence[str] = ()
    output: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    boxes: Array | None = None
    totals: Array | None = None
    score_drops: Array | None = None
    score_map: Array | None = None
    of_a_call: bool = True
    tolerance: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """One stage of a case: what the reference gave, what this package gives, and how far they are apart.

    Attributes
    ----------
    difference : float
        For boxes in pixels, otherwise in units of the range (largest - smallest value) of the reference's map; for
        several channels that of the worst one. Infinite where shapes, classes or non-finite values differ.
    """

    name: str
    expected: Array
    found: Array
    difference: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        return self.difference <= self.tolerance


def occlusion_stages(case: OcclusionCase) -> list[Stage]:
    """Every stage of which the reference gave the result. Raises as occlusionSensitivity does."""
    given: dict[str, Any] = {} if case.input_layer is None else {"InputLayer": case.input_layer}
    net = importNetworkFromONNX(case.network, **given)
    if case.output is not None and net.OutputNames != [case.output]:
        net.OutputNames = case.output
    image = checked_image(case.X, net.network.input_size)
    options = OcclusionOptions.parse(NameValues.of(case.options), image)
    channels = parse_channels(case.channels, net.network.channel_count(image))
    count = len(channels)
    called, target = (DAGNetwork(net, Classes=case.classes), case.labels) if case.labels else (net, case.channels)
    stages = []
    if case.boxes is not None:
        stages.append(boxes_stage(_checked_boxes(case.boxes), _matlab_boxes(options), case.tolerance["boxes"]))
    drops = None if case.score_drops is None else _maps("map", case.score_drops, count)
    score_map = None if case.score_map is None else _maps("scoreMap", case.score_map, count)
    unit = next((_units(one) for one in (drops, score_map) if one is not None), np.ones(count))
    if case.totals is not None:
        totals = _totals(net.network, image, channels)
        expected = _vector("totals", case.totals, count)
        # The map of a score that hardly moves is as flat as the score's float noise.
        unit = np.maximum(unit, _LEAST_UNIT * np.nan_to_num(np.abs(expected.astype(np.float64)), posinf=0.0))
        stages.append(_stage("network", expected, totals, case.tolerance, unit))
    if drops is not None:
        plain: dict[str, Any] = {**case.options, "OutputUpsampling": "none"}
        found = occlusionSensitivity(called, case.X, target, **plain)
        same_kind = not case.of_a_call or _is_same_kind(case.score_drops, found)
        stages.append(_stage("map", drops, _maps("map", found, count), case.tolerance, unit, same_kind=same_kind))
        if score_map is not None and options.output_upsampling != "none":
            # The reference's own map, so that what is seen is imresize alone.
            resized = imresize(drops.astype(np.float32), options.input_size, options.output_upsampling)
            stages.append(_stage("imresize", score_map, resized, case.tolerance, unit))
    if score_map is not None:
        found = occlusionSensitivity(called, case.X, target, **case.options)
        same_kind = not case.of_a_call or _is_same_kind(case.score_map, found)
        stages.append(_stage("call", score_map, _maps("map", found, count), case.tolerance, unit, same_kind=same_kind))
    return stages


def boxes_stage(expected: Array, found: Array, tolerance: float) -> Stage:
    same = expected.shape == found.shape
    difference = np.abs(expected.astype(np.float64) - found).max(initial=0.0) if same else np.inf
    return Stage(name="boxes", expected=expected, found=found, difference=float(difference), tolerance=tolerance)


def array_stage(name: str, expected: Array, found: Array, tolerance: float) -> Stage:
    """A stage whose result is one array of any class, which must be the reference's, and whose range is the unit."""
    same = expected.dtype == found.dtype and expected.shape == found.shape
    unit = _units(expected.reshape(-1, 1, 1))
    difference = distance(expected.reshape(-1, 1, 1), found.reshape(-1, 1, 1), unit) if same else np.inf
    return Stage(name=name, expected=expected, found=found, difference=difference, tolerance=tolerance)


def distance(expected: Array, found: Array, unit: NDArray[np.float64]) -> float:
    """The largest |found - expected| / unit, one unit for each entry of the last axis; NaN and NaN are the same."""
    if expected.shape != found.shape or not np.isfinite(unit).all():
        return float("inf")
    one, other = expected.astype(np.float64), found.astype(np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.where((one == other) | (np.isnan(one) & np.isnan(other)), 0.0, np.abs(one - other) / unit)
    return float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))


def _stage(
    name: str,
    expected: Array,
    found: Array,
    tolerance: Mapping[str, float],
    unit: NDArray[np.float64],
    *,
    same_kind: bool = True,
) -> Stage:
    difference = distance(expected, found, unit) if same_kind else np.inf
    return Stage(name=name, expected=expected, found=found, difference=difference, tolerance=tolerance[name])


def _is_same_kind(expected: Array | None, found: Array) -> bool:
    """Whether a map is of the reference's class, and of its size: no axis of length one is left out or added."""
    return expected is not None and expected.dtype == found.dtype and expected.shape == found.shape


def _matlab_boxes(options: OcclusionOptions) -> Array:
    """First and last row, first and last column, from 1."""
    row0, row1, col0, col1 = mask_grid(options).boxes.T
    return np.stack([row0 + 1, row1, col0 + 1, col1], axis=1)


def _totals(network: Network, image: Image, channels: NDArray[np.intp]) -> NDArray[np.float64]:
    output = network.run(network.arranged(image)[np.newaxis])
    return np.asarray(network.device.channel_totals(output, channels)[0])


def _checked_boxes(boxes: Array) -> Array:
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not (np.isfinite(boxes) & (boxes == np.rint(boxes))).all():
        msg = f"boxes must be an array n×4 of whole numbers, but has shape {boxes.shape} or other values."
        raise ValueError(msg)
    return boxes


def _maps(name: str, array: Array, count: int) -> Array:
    """rows × columns × K: MATLAB leaves out a K of one."""
    maps = array[..., np.newaxis] if array.ndim == 2 else array
    if maps.ndim != 3 or maps.shape[2] != count:
        msg = f"{name} must be rows × columns × {count} (the channels of channelIdx), but has shape {array.shape}."
        raise ValueError(msg)
    return maps


def _vector(name: str, array: Array, count: int) -> Array:
    if array.size != count:
        msg = f"{name} must hold a number for each of the {count} channels of channelIdx, but has shape {array.shape}."
        raise ValueError(msg)
    return array.reshape(-1)


def _units(maps: Array) -> NDArray[np.float64]:
    """The unit of each channel's differences: the range of its map; of a constant map the size of its value, or 1."""
    flat = maps.astype(np.float64).reshape(-1, maps.shape[-1])
    finite = np.isfinite(flat)
    with np.errstate(over="ignore"):
        unit = np.where(finite, flat, -np.inf).max(axis=0) - np.where(finite, flat, np.inf).min(axis=0)
    unit = np.where(finite.any(axis=0), unit, 0.0)
    unit = np.where(unit > 0, unit, np.where(finite, np.abs(flat), 0.0).max(axis=0))
    return np.asarray(np.where(unit > 0, unit, 1.0), dtype=np.float64)
