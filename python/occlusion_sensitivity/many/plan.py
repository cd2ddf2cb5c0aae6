"""A run's arguments → what is done with every image, and the attributes of the store that say so."""

import datetime
import hashlib
import importlib.metadata
import platform
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from ..arguments import as_text, is_auto, positive_integer, texts_in
from ..calls import AnyNetwork
from ..explaining import asked_for, names_of, network_and_layer
from ..grid import mask_grid
from ..images import checked_image
from ..name_values import NameValues, Option
from ..network.layers import ImageInputLayer
from ..network.network import Network
from ..options import OcclusionOptions
from ..packages import is_installed
from ..preprocessing import Preprocessing, doubt, network_image, totals_of
from .work import Job

FORMAT = "occlusion-sensitivity maps"
FORMAT_VERSION = 1
# Goes up with a release that gives other numbers for the same call: its maps do not go into a store with older ones.
NUMBERS = 1
# Attributes that may differ when a run goes on: where and when, but not what.
_MAY_DIFFER = ("created", "versions", "folder")
# What a network that takes images of any size is tried with; a mask may be as large.
_ANY_LENGTH = 4096
_PACKAGES = ("numpy", "onnxruntime", "onnxruntime-gpu", "zarr")


class Plan:
    """What a run does.

    Attributes
    ----------
    job : Job
    attributes : dict
        Of the store: how its maps were made.
    count : int
        How many classes are explained of each image.
    grid_shape : (int, int) or None
        Rows and columns of the mask grid, where all images have the same.
    environment : {"auto", "gpu", "cpu"}
        Where the network is to run.
    """

    def __init__(
        self,
        net: AnyNetwork,
        class_names: ArrayLike | None,
        own: NameValues,
        options: NameValues,
        num_steps: int | None,
        names_typed: str = "classNames",
    ) -> None:
        preprocessing = Preprocessing.parse(own)
        network, layer = network_and_layer(net, own)
        network, layer = preprocessing.normalizing(network, layer, own)
        size = network.input_size
        blank = np.zeros([length or least for length, least in zip(size, (32, 32, 3), strict=True)], dtype=np.float32)
        channel_count = network.channel_count(blank)
        names = names_of(net, class_names, channel_count, names_typed, own)
        channels = asked_for(own, names)
        parsed = _checked(options, network)
        self.job = Job(
            network=network,
            preprocessing=preprocessing,
            channels=channels,
            channel_count=channel_count,
            options=options,
            num_steps=num_steps,
        )
        self.environment = parsed.execution_environment
        self._layer = layer
        self._own = own
        self.count = channels if isinstance(channels, int) else len(channels)
        self.grid_shape = None if None in size[:2] else mask_grid(parsed).shape
        self.attributes = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "numbers": NUMBERS,
            "network": _network(network, layer),
            "class_names": list(names),
            "channels": channels if isinstance(channels, list) else f"best {channels}",
            "options": _options(options, parsed),
            "preprocessing": _preprocessing(preprocessing),
            "faithfulness": None if num_steps is None else {"steps": num_steps},
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "versions": _versions(),
        }

    def doubt(self, photograph: NDArray[Any]) -> str | None:
        """Why the values of a photograph hardly fit what the network takes; None if they may."""
        network = self.job.network
        _, _, image = network_image(photograph, network.input_size, self.job.preprocessing)
        single = checked_image(image, network.input_size)
        return doubt(network, self._layer, single, totals_of(network, single), self._own)


def own_arguments(channels: object, others: Mapping[str, object]) -> NameValues:
    """The arguments of explain that `channels` and `others` stand for, typed as they are."""
    given = {name: Option(name, value) for name, value in others.items() if value is not None}
    text = (as_text(channels) or "").strip().lower()
    best = re.fullmatch(r"best|best (?P<after>\d+)|(?P<before>\d+) best", text)
    if best is not None:
        count = int(best["after"] or best["before"] or 1)
        given["top"] = Option("channels", positive_integer("channels", count))
    elif texts_in(channels) is not None:
        given["label"] = Option("channels", channels)
    else:
        given["channel"] = Option("channels", channels)
    return NameValues(given)


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any], place: str = "") -> list[str]:
    """What differs between two runs, in words."""
    found = []
    for key in dict.fromkeys([*stored, *wanted]):
        if not place and key in _MAY_DIFFER:
            continue
        one, other = stored.get(key), wanted.get(key)
        name = f"{place}{key}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += differences(one, other, f"{name}.")
        elif one != other:
            found.append(f"{name} is {_short(one)} there and {_short(other)} here")
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:70]}…"


def _checked(options: NameValues, network: Network) -> OcclusionOptions:
    """The options for the network's images; errors come before anything is computed."""
    rows, cols, channels = network.input_size
    size = (rows or _ANY_LENGTH, cols or _ANY_LENGTH, channels or 3)
    return OcclusionOptions.parse(options, np.broadcast_to(np.float32(0), size))


def _options(options: NameValues, parsed: OcclusionOptions) -> dict[str, Any]:
    """Every option that is part of the maps, "auto" as that."""

    def value(name: str, found: Sequence[float]) -> str | list[float]:
        return "auto" if is_auto(options.value(name, "auto")) else list(found)

    return {
        "MaskSize": value("MaskSize", parsed.mask_size),
        "Stride": value("Stride", parsed.stride),
        "MaskValue": value("MaskValue", parsed.fill.tolist()),
        "OutputUpsampling": parsed.output_upsampling,
        "MaskClipping": "on" if parsed.mask_clipping else "off",
        "ExecutionEnvironment": parsed.execution_environment,
    }


def _preprocessing(preprocessing: Preprocessing) -> dict[str, Any]:
    return {
        "fit": preprocessing.fit,
        "pixel_range": preprocessing.pixel_range,
        "mean": _listed(preprocessing.mean),
        "std": _listed(preprocessing.std),
    }


def _network(network: Network, layer: ImageInputLayer) -> dict[str, Any]:
    statistics = ("Mean", "StandardDeviation", "Min", "Max")
    return {
        "file": network.file.path.name,
        "sha256": network.file.digests(),
        "outputs": [tensor.name for tensor in network.outputs],
        "input_size": list(network.input_size),
        "optimize": network.file.optimize,
        "normalization": layer.Normalization,
        **{name: _listed(getattr(layer, name)) for name in statistics},
    }


def _listed(values: NDArray[Any] | None) -> list[float] | str | None:
    """A few numbers as they are; of an image of them the SHA-256."""
    if values is None or values.size <= 4:
        return None if values is None else values.ravel().tolist()
    return f"SHA-256 {hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()}"


def _versions() -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in _PACKAGES if is_installed(name)}
    return {"occlusion-sensitivity": __version__, **found, "python": platform.python_version()}
