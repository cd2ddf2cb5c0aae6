"""deletion and insertion: how a score falls, or rises, as a map's strongest pixels are covered, or shown, first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import numeric_array, on_host, size_text
from .calls import AnyNetwork, scored_channels
from .execution import network_in
from .images import Image, ImageLike, checked_image
from .mini_batches import Progress
from .name_values import NameValues
from .network.network import Network
from .notices import warn_user
from .option_types import FaithfulnessOptions
from .options import CURVE_OPTIONS, CurveOptions, parse_channels
from .perturbations import Ranked, distinct_rows
from .scoring import totals_in_parts


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How the score of a channel, or of K channels, goes as an image is covered, or shown, step by step.

    Attributes
    ----------
    shares : numpy.ndarray of double, shape (NumSteps+1,)
        The share of the pixels that are covered (deletion) or shown (insertion) at each step, 0 … 1.
    scores : numpy.ndarray of double, shape (NumSteps+1,), or (NumSteps+1, K) for K channels
        The channel's total over the positions of the output then.
    area : float, or numpy.ndarray of double, shape (K,)
        Under the straight lines between the scores, over the shares: a mean score.
    """

    shares: NDArray[np.float64]
    scores: NDArray[np.float64]
    area: float | NDArray[np.float64]


def deletion(
    net: AnyNetwork,
    X: ImageLike,
    scoreMap: ImageLike,
    channelIdx: ArrayLike,
    *nameValuePairs: object,
    **options: Unpack[FaithfulnessOptions],
) -> Curve:
    """Score an image again and again, as the strongest pixels of a map are covered step by step.

    A map that finds what the score rests on lets it fall early: a small area is good. docs/faithfulness.md says what
    such areas do not tell.

    Parameters
    ----------
    net : dlnetwork, DAGNetwork or SeriesNetwork
        A network with one image input and one output.
    X : array_like, H×W or H×W×C
        The image, as occlusionSensitivity takes it.
    scoreMap : array_like, H×W, or H×W×K for K channels
        A map of X's size, int8 … uint64, single or double: strongest is largest. Each channel's curve follows its own
        map. Among equal values the upper one comes first, in a row the left one; NaN comes last.
    channelIdx : int or vector of int
        The output channels that are scored, counted from 1; for a DAGNetwork or SeriesNetwork a label or several, or
        a layer name and channelIdx, as for :func:`occlusionSensitivity`.
    NumSteps : int, default 20
        Into how many equal shares the pixels are cut: round(s·H·W/NumSteps) of them are covered at step s = 0 …
        NumSteps. At most, and by default if they are fewer than 20, as many as there are pixels.
    MaskValue : "auto", float or vector of float, default "auto"
        What covers a pixel, in the units of X; a vector has one value for each channel of X. "auto" is the mean of
        each channel of X.
    MiniBatchSize : int, default 128
        The most images that go through the network at once.
    ExecutionEnvironment : {"auto", "gpu", "cpu"}, default "auto"
        Where it is computed, as for :func:`occlusionSensitivity`.

    Returns
    -------
    curve : Curve
        Its `shares` of the pixels (0 … 1) and `scores` (double) at NumSteps+1 steps, and the `area` under them, one
        for each channel. The scores begin with that of X itself and end with that of an image that is all MaskValue.

    Raises
    ------
    TypeError
        If an argument is of a class not listed above.
    ValueError
        If the map does not fit X, X does not fit the network, or an argument is outside the values listed above.
    RuntimeError
        If ExecutionEnvironment is "gpu" and no GPU works, the network fails, or not even one image fits into memory.

    Warns
    -----
    RuntimeWarning
        If a mini-batch did not fit into memory, or the network's output is NaN or infinite.

    Notes
    -----
    Options are given as those of :func:`occlusionSensitivity`, in both spellings. Images that are the same go through
    the network once: NumSteps+1 of them for one channel, NumSteps-1 more for each other.

    Source: V. Petsiuk, A. Das, K. Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC
    2018, section 4.2. MATLAB has no such function.

    Examples
    --------
    >>> import numpy as np
    >>> from occlusion_sensitivity import imagePretrainedNetwork, occlusionSensitivity
    >>> net, classNames = imagePretrainedNetwork()
    >>> X = np.zeros((224, 224, 3), dtype=np.uint8)
    >>> X[80:150, 60:160] = 200
    >>> channel = net.predict(X).argmax() + 1
    >>> scoreMap = occlusionSensitivity(net, X, channel, Stride=56)
    >>> curve = deletion(net, X, scoreMap, channel, NumSteps=4)
    >>> curve.shares
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    >>> curve.scores.shape
    (5,)
    >>> curve.area < deletion(net, X, -scoreMap, channel, NumSteps=4).area
    True
    """
    return _curve(_covered_first, net, X, scoreMap, channelIdx, nameValuePairs, options)


def insertion(
    net: AnyNetwork,
    X: ImageLike,
    scoreMap: ImageLike,
    channelIdx: ArrayLike,
    *nameValuePairs: object,
    **options: Unpack[FaithfulnessOptions],
) -> Curve:
    """Score an image again and again, as the strongest pixels of a map are shown step by step and all others covered.

    A map that finds what the score rests on lets it rise early: a large area is good. docs/faithfulness.md says what
    such areas do not tell.

    Parameters
    ----------
    net, X, scoreMap, channelIdx
        As for :func:`deletion`.
    NumSteps, MaskValue, MiniBatchSize, ExecutionEnvironment
        As for :func:`deletion`; round(s·H·W/NumSteps) pixels are shown at step s.

    Returns
    -------
    curve : Curve
        As of :func:`deletion`; the scores begin with that of an image that is all MaskValue and end with that of X.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As from :func:`deletion`.

    Warns
    -----
    RuntimeWarning
        As :func:`deletion`.

    Notes
    -----
    Source: as of :func:`deletion`. The paper's own code begins with a blurred image instead.

    Examples
    --------
    >>> import numpy as np
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> X = np.zeros((224, 224, 3), dtype=np.uint8)
    >>> X[80:150, 60:160] = 200
    >>> curve = insertion(net, X, X[:, :, 0], 1, "NumSteps", 2, MaskValue=0)
    >>> curve.shares
    array([0. , 0.5, 1. ])
    >>> bool(curve.scores[1] == curve.scores[2])  # all that is not black is shown in the first half
    True
    """
    return _curve(_shown_first, net, X, scoreMap, channelIdx, nameValuePairs, options)


def curves(
    network: Network,
    image: Image,
    fill: NDArray[np.float32],
    maps: NDArray[np.floating[Any]],
    channels: NDArray[np.intp],
    num_steps: int,
    mini_batch_size: int,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """deletion and insertion with their arguments sorted, both in 2·num_steps runs of the network for one channel.

    Parameters
    ----------
    network : Network
        On the device where it is to run.
    image : numpy.ndarray of float32, shape (height, width, depth)
    fill : numpy.ndarray of float32, shape (depth,)
    maps : numpy.ndarray of float32 or float64, shape (height, width, K)
        On the host; of each channel one.
    channels : numpy.ndarray of intp, shape (K,)
        From 0.
    num_steps : int
        From 1 to height·width.

    Returns
    -------
    deletion, insertion : numpy.ndarray of double, shape (num_steps+1, K)
        The scores at each of :func:`step_shares`; NaN and infinities are not warned of.
    """
    counts = _counts(maps[..., 0].size, num_steps)
    covered = np.concatenate([_covered_first(counts), _shown_first(counts)])
    scores = _scores(network, image, fill, maps, channels, covered, mini_batch_size, progress)
    return scores[: num_steps + 1], scores[num_steps + 1 :]


def step_shares(n_pixels: int, num_steps: int) -> NDArray[np.float64]:
    """The share of an image's pixels at each step, 0 … 1: shape (num_steps+1,)."""
    return np.asarray(_counts(n_pixels, num_steps) / n_pixels)


def area(shares: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Under the straight lines between the scores, shape (steps, K), over the shares: shape (K,)."""
    with np.errstate(over="ignore", invalid="ignore"):  # infinite scores
        middles = (scores[1:] + scores[:-1]) / 2
        return np.asarray((np.diff(shares)[:, np.newaxis] * middles).sum(axis=0))


def _curve(
    covered_at: Callable[[NDArray[np.int64]], NDArray[np.int32]],
    net: AnyNetwork,
    X: ImageLike,
    scoreMap: ImageLike,
    channelIdx: ArrayLike,
    pairs: tuple[object, ...],
    options: Mapping[str, object],
) -> Curve:
    network, channelIdx, pairs = scored_channels(net, channelIdx, pairs)
    given = NameValues.parse(pairs, options, CURVE_OPTIONS)
    image = checked_image(X, network.input_size)
    asked = CurveOptions.parse(given, image)
    network = network_in(network, asked.execution_environment, given.typed("ExecutionEnvironment"))
    channels = parse_channels(channelIdx, network.channel_count(image))
    maps = _checked_maps(scoreMap, image.shape[:2], len(channels))
    n_pixels = maps[..., 0].size
    covered = covered_at(_counts(n_pixels, asked.num_steps))
    scores = _scores(network, image, asked.fill, maps, channels, covered, asked.mini_batch_size)
    _warn_of_no_value(scores)
    shares = step_shares(n_pixels, asked.num_steps)
    areas = area(shares, scores)
    return Curve(shares, scores[:, 0], float(areas[0])) if len(channels) == 1 else Curve(shares, scores, areas)


def _scores(
    network: Network,
    image: Image,
    fill: NDArray[np.float32],
    maps: NDArray[np.floating[Any]],
    channels: NDArray[np.intp],
    covered: NDArray[np.int32],
    mini_batch_size: int,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """The total of each channel with pixels of its own map covered: those of rank0 … rank1-1 of each row of `covered`.

    The same image goes through the network once. The shape is (rows, channels).
    """
    which = np.arange(len(channels))
    distinct, image_of_span = distinct_rows(_spans(covered, len(channels), maps[..., 0].size))
    device, original = network.device, network.arranged(image)
    filled = network.arranged(np.broadcast_to(fill, image.shape))
    images = Ranked(device, original, filled, np.stack([_ranks(maps[..., k]) for k in which]), distinct)
    totals = np.empty((len(distinct), len(channels)))
    for part, found in totals_in_parts(network, images, channels, mini_batch_size, progress):
        totals[part] = device.to_host(found)
    return totals[image_of_span.reshape(-1, len(channels)), which]


def _spans(covered: NDArray[np.int32], n_maps: int, n_pixels: int) -> NDArray[np.int32]:
    """map, rank0, rank1 of every row of `covered` with every map, in this order; equal where the images are."""
    spans = np.empty((len(covered), n_maps, 3), dtype=np.int32)
    spans[:, :, 0] = np.arange(n_maps)
    spans[:, :, 1:] = covered[:, np.newaxis]
    n_covered = spans[:, :, 2] - spans[:, :, 1]
    spans[n_covered == 0] = 0  # the original, whatever the map
    spans[n_covered == n_pixels, 0] = 0  # all fill
    return spans.reshape(-1, 3)


def _counts(n_pixels: int, num_steps: int) -> NDArray[np.int64]:
    """How many pixels are covered, or shown, at each step: round(step·n_pixels/num_steps), half away from zero."""
    steps = np.arange(num_steps + 1, dtype=np.int64)
    return np.asarray((2 * steps * n_pixels + num_steps) // (2 * num_steps))  # in integers, so exactly


def _covered_first(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """The ranks that deletion covers at each step: rank0, rank1, the end excluded."""
    return np.stack([np.zeros_like(counts), counts], axis=1).astype(np.int32)


def _shown_first(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """The ranks that insertion covers at each step: rank0, rank1, the end excluded."""
    return np.stack([counts, np.full_like(counts, counts[-1])], axis=1).astype(np.int32)


def _ranks(score_map: NDArray[np.floating[Any]]) -> NDArray[np.int32]:
    """The place of each pixel, from 0: the largest value first, equal ones row after row, NaN last."""
    order = np.argsort(-score_map, axis=None, kind="stable")
    ranks = np.empty(score_map.size, dtype=np.int32)
    ranks[order] = np.arange(score_map.size, dtype=np.int32)
    return ranks.reshape(score_map.shape)


def _checked_maps(scoreMap: object, size: tuple[int, ...], n_channels: int) -> NDArray[np.floating[Any]]:
    """`scoreMap` in single or double, shape (height, width, channels)."""
    array = numeric_array(on_host(scoreMap))
    allowed = f"scoreMap must be {size_text(size)}, the size of X"
    if n_channels > 1:
        allowed = f"scoreMap must be {size_text((*size, n_channels))}, a map of the size of X for each channel"
    if array is None:
        kind = str(scoreMap.dtype) if isinstance(scoreMap, np.ndarray | np.generic) else type(scoreMap).__name__
        msg = f"{allowed}, of a numeric class (int8 … uint64, single or double), but is {kind}."
        raise TypeError(msg)
    shape = (*array.shape, 1) if array.ndim == 2 else array.shape
    if shape != (*size, n_channels):
        msg = f"{allowed}, but is {size_text(array.shape)}."
        if len(shape) == 3 and shape[2] == n_channels and 0 not in shape:
            msg = f"{msg} imresize(scoreMap, [{size[0]}, {size[1]}]) makes it fit."
        raise ValueError(msg)
    maps = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    return maps.reshape(shape)


def _warn_of_no_value(scores: NDArray[np.float64]) -> None:
    """Say where NaN and infinities of a curve come from."""
    count = int(np.count_nonzero(~np.isfinite(scores)))
    if count:
        warn_user(
            f"The network's output is NaN or infinite for {'all' if count == scores.size else 'some'} images: so are "
            f"{count} of {scores.size} scores of the curve. net.predict(X) shows the output for X itself."
        )
