"""A network as scoring and the MATLAB names use it: images in, outputs out. 0-based, in the network's order of axes."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

import numpy as np

from ..devices import Device, DeviceArray
from ..devices.cpu import CPU
from ..images import Image, InputSize
from .graph import NetworkFile
from .origin import Origin
from .places import Places
from .session import TensorInfo, is_float

# How the scores of occluded images are found.
Inference = Literal["exhaustive", "incremental"]
INFERENCES: tuple[Inference, ...] = ("exhaustive", "incremental")


class Network:
    """A network with one image input, on a device. It never changes: :meth:`on` and :meth:`scoring` give others.

    Pickled, it is the file's place and content, and the settings; what is open never travels.

    Parameters
    ----------
    places : Places
        The file, and where it is open.
    channel_axis : {1, 3}
        Where the channels of the input are.
    input_size : (int or None, int or None, int or None)
        Height, width and channels of the images; None where it takes any.
    normalized : callable
        What every image goes through before it is arranged for the network.
    outputs : sequence of str
        The names of the outputs, in the order that was asked for; none for that of the file.
    inference : {"exhaustive", "incremental"}
        How maps are computed, where it can be chosen.
    """

    def __init__(
        self,
        places: Places,
        channel_axis: int,
        input_size: InputSize,
        normalized: Callable[[Image], Image],
        device: Device = CPU,
        outputs: Sequence[str] = (),
        inference: Inference = "exhaustive",
    ) -> None:
        self.places = places
        self._outputs = tuple(outputs)
        self.channel_axis = channel_axis
        self._normalized = normalized
        self._together = places.on(device)
        self._is_first: dict[str, bool] = {}
        self._channel_counts: dict[tuple[int, ...], int] = {}
        self.input_size = input_size
        self.device = device
        self.inference = inference

    @property
    def file(self) -> NetworkFile:
        return self.places.file

    @property
    def inputs(self) -> list[TensorInfo]:
        return self._together.session.inputs

    @property
    def outputs(self) -> list[TensorInfo]:
        found = self._together.session.outputs
        return sorted(found, key=lambda tensor: self._outputs.index(tensor.name)) if self._outputs else found

    def on(self, device: Device) -> "Network":
        """The same network on `device`; RuntimeError where it cannot be there."""
        if device is self.device:
            return self
        return self._with(device=device)

    def scoring(self, outputs: Sequence[str]) -> "Network":
        """The same network with these tensors as its outputs: what only others need is not computed."""
        if {tensor.name for tensor in self.outputs} == set(outputs):
            places = self.places
        else:
            places = Places(self.file.with_outputs(outputs))
        return self._with(places=places, outputs=outputs)

    def inferring(self, inference: Inference) -> "Network":
        """The same network, whose maps are computed in this way."""
        return self._with(inference=inference)

    def normalizing(self, normalized: Callable[[Image], Image]) -> "Network":
        """The same network, before which every image goes through `normalized` instead."""
        return self._with(normalized=normalized)

    def _with(self, **changes: Any) -> "Network":
        settings = {
            "places": self.places,
            "channel_axis": self.channel_axis,
            "input_size": self.input_size,
            "normalized": self._normalized,
            "device": self.device,
            "outputs": self._outputs,
            "inference": self.inference,
        }
        return Network(**{**settings, **changes})

    def __copy__(self) -> "Network":
        return self

    def __deepcopy__(self, memo: object) -> "Network":
        return self

    def __reduce__(self) -> tuple[object, ...]:
        if self.device is not CPU:
            msg = "A network on a GPU stays there: it cannot be pickled. A dlnetwork can, and goes to the GPU again."
            raise TypeError(msg)
        origin = Origin.of(self.file)
        self.places.share()
        settings = (self.channel_axis, self.input_size, self._normalized)
        return _reopened, (origin, self.file.optimize, self.file.outputs, *settings, self._outputs, self.inference)

    def arranged(self, image: Image) -> DeviceArray:
        """An image, height × width × channels, normalised, as planes × height × width × depth, on the device.

        The channels are the planes or the depth, whichever the network wants: a batch of such images is its input.
        """
        image = self._normalized(image)
        planes = np.moveaxis(image, 2, 0)[..., np.newaxis] if self.channel_axis == 1 else image[np.newaxis]
        return self.device.upload(np.ascontiguousarray(planes))

    def run(self, batch: DeviceArray, count: int | None = None) -> DeviceArray:
        """The output for a batch of arranged images: shape (n, channels, …); of the first `count` images, if given."""
        scored = self.scored()
        output = self.channels_second(self._together.run(self._tensor(batch), scored.name, count))
        declared = self._declared_channels(scored)
        if declared not in (None, output.shape[1]):
            msg = f"The file says that output {scored.name!r} has {declared} channels, but it has {output.shape[1]}."
            raise ValueError(msg)
        return output

    def try_together(
        self, image: DeviceArray, samples: Callable[[], Sequence[DeviceArray]], sizes: Collection[int]
    ) -> None:
        """Let as many images as `sizes` go through the network in one run, if samples do not influence each other.

        `samples` gives images like this arranged one; they are asked for where it is not known yet.
        """
        shape = self._tensor(image[np.newaxis]).shape[1:]
        self._together.try_together(shape, lambda: self._tensor(np.stack(list(samples()))), sizes, self.scored().name)

    def goes_together(self, image: DeviceArray, n: int) -> bool:
        """Whether `n` images like this arranged one were seen to go through the network in one run."""
        return self._together.goes_together(self._tensor(image[np.newaxis]).shape[1:], self.scored().name, n)

    def close(self) -> None:
        """Let go of the weights until the network is needed again."""
        self._together.session.close()

    def channel_count(self, image: Image) -> int:
        """The number of channels of the output; where the file leaves it open, `image` is run to see it."""
        return self.declared_channel_count() or self.channel_count_of(self.arranged(image))

    def channel_count_of(self, arranged: DeviceArray) -> int:
        """The same, of an image that is arranged already. Those of one size have one number, which is remembered."""
        declared = self.declared_channel_count()
        if declared:
            return declared
        if arranged.shape not in self._channel_counts:
            self._channel_counts[arranged.shape] = int(self.run(arranged[np.newaxis]).shape[1])
        return self._channel_counts[arranged.shape]

    def declared_channel_count(self) -> int | None:
        """The number of channels that the file says the output has."""
        return self._declared_channels(self.scored())

    def _tensor(self, batch: DeviceArray) -> DeviceArray:
        n, planes, height, width, depth = batch.shape
        return batch.reshape((n, planes, height, width) if self.channel_axis == 1 else (n, height, width, depth))

    def channels_second(self, output: DeviceArray) -> DeviceArray:
        """An output of the network as (n, channels, …)."""
        if output.ndim == 1:
            return output[:, np.newaxis]
        return output if self.is_channels_first(self.scored()) else np.moveaxis(output, -1, 1)

    def _declared_channels(self, output: TensorInfo) -> int | None:
        if len(output.shape) < 2:
            return len(output.shape) or None
        return output.shape[1 if self.is_channels_first(output) else -1]

    def is_channels_first(self, output: TensorInfo) -> bool:
        """Whether the output is N×K×…; N×H×W×C networks have outputs of both kinds."""
        if self.channel_axis == 1 or len(output.shape) == 2:
            return True
        if output.name not in self._is_first:
            self._is_first[output.name] = bool(self.file.is_channels_first(output.name))
        return self._is_first[output.name]

    def scored(self) -> TensorInfo:
        """The one output that is scored."""
        if len(self.outputs) != 1:
            names = [tensor.name for tensor in self.outputs]
            msg = (
                f"net must have one output, but its OutputNames are {', '.join(names)}. "
                f"net.OutputNames = {names[0]!r} chooses one."
            )
            raise ValueError(msg)
        (scored,) = self.outputs
        if not is_float(scored):
            msg = f"The output of net must be a tensor of floats, but {scored.name} is {scored.type}."
            raise ValueError(msg)
        return scored


def _reopened(
    origin: Origin,
    optimize: bool,
    file_outputs: Sequence[str],
    channel_axis: int,
    input_size: InputSize,
    normalized: Callable[[Image], Image],
    outputs: Sequence[str],
    inference: Inference = "exhaustive",
) -> Network:
    """A network that was pickled. Those of the same file and outputs share what is open in this process."""
    path = origin.path()
    file = NetworkFile(path, file_outputs, optimize=optimize)
    origin.check(path)
    return Network(Places.shared(file), channel_axis, input_size, normalized, outputs=outputs, inference=inference)
