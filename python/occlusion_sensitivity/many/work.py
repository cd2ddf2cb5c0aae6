"""What is done with each image of a run, wherever that is: from its source to what the store keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import numeric_array
from ..explaining import best
from ..faithfulness import curves
from ..framing import Frame
from ..images import checked_image, fits
from ..name_values import NameValues
from ..network.network import Network
from ..occlusion import Occlusion, occlusion_of
from ..preprocessing import Preprocessing, network_image, photograph_of
from ..resizing import imresize
from .sources import Pixels, Source

CURVES = ("deletion", "insertion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a run does with every image.

    Attributes
    ----------
    channels : list of int, or int
        Those to explain, from 1; or how many with the highest scores.
    channel_count : int
        Of the network.
    options : NameValues
        Of occlusionSensitivity.
    num_steps : int or None
        Of deletion and insertion, where they are asked for.
    """

    network: Network
    preprocessing: Preprocessing
    channels: list[int] | int
    channel_count: int
    options: NameValues
    num_steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found in an image, for K classes.

    Attributes
    ----------
    channels : numpy.ndarray of int32, shape (K,)
        From 1.
    scores : numpy.ndarray of double, shape (K,)
    sizes : numpy.ndarray of int32, shape (3, 2)
        Rows and columns of the photograph, of the network's image, and of the mask grid.
    drops : numpy.ndarray of single, shape (K, rows, columns)
        On the mask grid.
    curves : mapping
        "deletion" and "insertion", where they are asked for: numpy.ndarray of double, shape (K, steps + 1).
    """

    channels: NDArray[np.int32]
    scores: NDArray[np.float64]
    sizes: NDArray[np.int32]
    drops: NDArray[np.float32]
    curves: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an image.

    Attributes
    ----------
    sha256 : str
        Of the picture; empty where it cannot be read.
    found : Found or None
        None where there is no map: `error` says why then.
    is_missing : bool
        Whether there is no such file here, which there may be elsewhere.
    """

    sha256: str = ""
    found: Found | None = None
    error: str = ""
    is_missing: bool = False


def outcome_of(job: Job, source: Source) -> Outcome:
    """Explain an image. What is wrong with it is part of the outcome; what is wrong with the machine is raised."""
    digest = ""
    try:
        digest, pixels = source.photograph()
        frame, image = _network_image(job, pixels(), is_array=isinstance(source, Pixels))
        return Outcome(sha256=digest, found=_explained(job, frame, image))
    except OSError as error:
        return Outcome(error=f"The file cannot be read: {error.strerror or error}.", is_missing=not digest)
    except (ValueError, TypeError, RuntimeError, MemoryError) as error:
        return Outcome(sha256=digest, error=str(error) or type(error).__name__)


def _network_image(job: Job, X: NDArray[Any], *, is_array: bool) -> tuple[Frame, NDArray[Any]]:
    """A photograph as the network takes it, and where that lies in it: as explain does it.

    An array that is the network's image already, is taken as occlusionSensitivity takes it.
    """
    size, preprocessing = job.network.input_size, job.preprocessing
    if is_array and numeric_array(X) is not None and preprocessing.pixel_range == 255 and fits((*X.shape, 1)[:3], size):
        return Frame.of(X.shape[:2], X.shape[:2], "squash"), X
    frame, _, image = network_image(photograph_of(X) if is_array else X, size, preprocessing)
    return frame, image


def _explained(job: Job, frame: Frame, image: NDArray[Any]) -> Found:
    """What is found in the network's image, but for the map, which imresize makes of the drops."""
    asked = np.arange(1, job.channel_count + 1) if isinstance(job.channels, int) else np.array(job.channels)
    occlusion = occlusion_of(job.network, image, asked, job.options)
    totals, drops = (occlusion.device.to_host(found) for found in (occlusion.totals, occlusion.drops))
    if isinstance(job.channels, int):
        chosen = np.array(best(totals, job.channels)) - 1
        asked, totals, drops = asked[chosen], totals[chosen], drops[..., chosen]
    curves = {} if job.num_steps is None else _curves(job.num_steps, occlusion, image, drops, asked)
    return Found(
        channels=asked.astype(np.int32),
        scores=totals,
        sizes=np.array([frame.size, frame.image_size, occlusion.grid.shape], dtype=np.int32),
        drops=np.ascontiguousarray(np.moveaxis(drops, 2, 0)),
        curves=curves,
    )


def _curves(
    num_steps: int, occlusion: Occlusion, image: NDArray[Any], drops: NDArray[np.float32], channels: NDArray[np.intp]
) -> dict[str, NDArray[np.float64]]:
    """deletion and insertion of the maps, with the masks' fill; without upsampling, each drop is a rectangle."""
    network, options = occlusion.network, occlusion.options
    size = list(options.input_size)
    pixels = size[0] * size[1]
    if num_steps > pixels:
        msg = f"It has {pixels} pixels, fewer than the {num_steps} steps of deletion and insertion."
        raise ValueError(msg)
    method = "nearest" if options.output_upsampling == "none" else options.output_upsampling
    maps = imresize(np.ascontiguousarray(drops), size, method)
    how = (network, checked_image(image, network.input_size), options.fill, maps, channels - 1)
    found = curves(*how, num_steps, options.mini_batch_size)
    return {name: scores.T for name, scores in zip(CURVES, found, strict=True)}
