"""occlusionSensitivity: the pipeline, one line a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .calls import AnyNetwork, scored_channels
from .devices import Device, DeviceArray
from .execution import network_in
from .grid import MaskGrid, mask_grid
from .images import ImageLike, checked_image
from .mini_batches import Progress
from .name_values import NameValues
from .network.network import Network
from .notices import warn_user
from .option_types import OcclusionSensitivityOptions
from .options import OPTION_NAMES, OcclusionOptions, parse_channels
from .resizing import imresize
from .scoring import score_drops


def occlusionSensitivity(
    net: AnyNetwork,
    X: ImageLike,
    channelIdx: ArrayLike,
    *nameValuePairs: object,
    **options: Unpack[OcclusionSensitivityOptions],
) -> NDArray[np.float32]:
    """Map how much each part of an image supports a network's output.

    A mask slides over the image. Each value of the map is the score of the original minus the score with the mask
    there: positive where the covered region supports the channel.

    Parameters
    ----------
    net : dlnetwork, DAGNetwork or SeriesNetwork
        A network with one image input and one output.
    X : array_like, H×W or H×W×C
        The image, in the size of the network's input, before the network's own normalisation; int8 … uint64, single
        or double; finite; on the host or, as a :func:`~occlusion_sensitivity.matlab.gpuArray`, on a GPU.
    channelIdx : int or vector of int
        Output channels to explain, counted from 1. A DAGNetwork or SeriesNetwork takes a label (a class name, or a
        vector of them, one map each) instead, or a layer name and channelIdx: ``(net, X, layerName, channelIdx)``.
    MaskSize : "auto", int or [rows, columns], default "auto"
        Size of the mask in pixels, at most that of X. "auto" is 20 % of the image, rounded, at least 1.
    Stride : "auto", int or [rows, columns], default "auto"
        Vertical and horizontal step in pixels. "auto" is 10 % of the image, rounded, at least 1.
    MaskValue : "auto", float or vector of float, default "auto"
        What replaces the covered pixels, in the units of X; a vector has one value for each channel of X. "auto" is
        the mean of each channel of X.
    OutputUpsampling : {"bicubic", "nearest", "none"}, default "bicubic"
        How the map is brought to the size of X by :func:`imresize`.
    MaskClipping : {"on", "off"} or bool, default "on"
        "on" centres the first mask on the top-left corner and cuts masks at the edges; "off" leaves out every mask
        that would cross an edge.
    MiniBatchSize : int, default 128
        The most images that go through the network at once. It changes time and memory, never the map. On a CPU
        every processor takes a few of them at a time: more only cost memory there, and fewer images than processors
        leave some idle. Where they do not fit into memory, half as many are tried, with a RuntimeWarning that names
        the number that fitted.
    ExecutionEnvironment : {"auto", "gpu", "cpu"}, default "auto"
        "gpu" computes on an NVIDIA GPU, and is an error that names what is missing where none works; "auto" takes the
        CPU then, and logs the reason for the logger "occlusion_sensitivity" at level INFO. See docs/gpu.md.

    Returns
    -------
    scoreMap : numpy.ndarray of single
        H×W for one channel, H×W×K for K channels; with ``OutputUpsampling="none"`` one value per mask position
        instead of H×W.

    Raises
    ------
    TypeError
        If an argument is of a class not listed above.
    ValueError
        If the image does not fit the network, or an argument is outside the values listed above.
    RuntimeError
        If ExecutionEnvironment is "gpu" and no GPU works, the network fails, or not even one image fits into memory.

    Warns
    -----
    RuntimeWarning
        If a mini-batch did not fit into memory, or the network's output is NaN or infinite.

    Notes
    -----
    Options are given as in MATLAB: ``"Name", value`` pairs, then ``Name=value``; the case of names and texts does not
    matter, and an unambiguous beginning is enough.

    Source: MathWorks' reference page of occlusionSensitivity; what it leaves open is decided in docs/compatibility.md.

    MATLAB: ``scoreMap = occlusionSensitivity(net,X,channel)``

    Python: ``scoreMap = occlusionSensitivity(net, X, channel)``

    Differs: nothing; every option has both spellings.

    Examples
    --------
    >>> import numpy as np
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> X = np.zeros((224, 224, 3), dtype=np.uint8)
    >>> X[80:150, 60:160] = 200
    >>> scoreMap = occlusionSensitivity(net, X, 1, "MaskSize", 60, Stride=56, OutputUpsampling="none")
    >>> scoreMap.shape
    (4, 4)
    """
    network, channels, pairs = scored_channels(net, channelIdx, nameValuePairs)
    return occlusion_map(network, X, channels, NameValues.parse(pairs, options, OPTION_NAMES))


def occlusion_map(
    network: Network, X: ImageLike, channelIdx: ArrayLike, given: NameValues, progress: Progress | None = None
) -> NDArray[np.float32]:
    """occlusionSensitivity with its arguments sorted."""
    found = occlusion_of(network, X, channelIdx, given, progress).score_map()
    return found[..., 0] if found.shape[2] == 1 else found


@dataclass(frozen=True, slots=True)
class Occlusion:
    """The drops under the masks, before they become a map.

    Attributes
    ----------
    network : Network
        On the device where they were found.
    drops : DeviceArray of single, shape (rows, columns, channels)
        A value for each mask of the grid, on the device.
    totals : DeviceArray of double, shape (channels,)
        The scores without a mask.
    """

    options: OcclusionOptions
    grid: MaskGrid
    network: Network
    drops: DeviceArray
    totals: DeviceArray

    @property
    def device(self) -> Device:
        return self.network.device

    def score_map(self) -> NDArray[np.float32]:
        """The map of each channel on the host, H×W×K; with OutputUpsampling "none" the drops."""
        found = self.drops
        if self.options.output_upsampling != "none":
            found = imresize(found, self.options.input_size, self.options.output_upsampling)
        score_map = self.device.to_host(found)
        _warn_of_no_value(score_map)
        return score_map


def occlusion_of(
    network: Network, X: ImageLike, channelIdx: ArrayLike, given: NameValues, progress: Progress | None = None
) -> Occlusion:
    """The pipeline up to the drops."""
    image = checked_image(X, network.input_size)
    options = OcclusionOptions.parse(given, image)
    network = network_in(network, options.execution_environment, given.typed("ExecutionEnvironment"))
    channels = parse_channels(channelIdx, network.channel_count(image))
    grid = mask_grid(options)
    drops, totals = score_drops(network, image, options.fill, grid.boxes, channels, options.mini_batch_size, progress)
    return Occlusion(options, grid, network, drops.reshape(*grid.shape, len(channels)), totals)


def _warn_of_no_value(score_map: NDArray[np.float32]) -> None:
    """Say where NaN and infinities of a map come from."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(score_map.sum()):  # without an array as large as the map
            return
    count = int(np.count_nonzero(~np.isfinite(score_map)))
    if count:
        images = "the image without a mask, or for all images with one" if count == score_map.size else "some images"
        warn_user(
            f"The network's output is NaN or infinite for {images}: so are {count} of {score_map.size} values of the "
            "map. net.predict(X) shows the output for the image without a mask."
        )
