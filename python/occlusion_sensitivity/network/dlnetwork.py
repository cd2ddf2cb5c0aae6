"""dlnetwork: a network as MATLAB users know it, around an ONNX Runtime session."""

import copy
import dataclasses
import os
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, existing_file, expected, name_value_pairs, size_text, truth
from ..devices import Device, DeviceArray, device_of
from ..images import Image, checked_image, fits
from .graph import NetworkFile
from .layers import AnyLayer, ImageInputLayer, LayerArray
from .session import NetworkSession, TensorInfo, is_float

OPTION_NAMES = ("InputDataFormats", "InputLayer", "Optimize")

# Where the channels of an image tensor are, by MATLAB's name of its order of axes (B batch, C channel, S spatial).
_CHANNEL_AXIS = {"BCSS": 1, "BSSC": 3}


class dlnetwork:
    """A trained network with one image input.

    Made by :func:`importNetworkFromONNX` and :func:`imagePretrainedNetwork`.

    Attributes
    ----------
    Layers : LayerArray
        ``Layers[0]`` is the image input layer; ``Layers[0].InputSize`` is (height, width, channels). The others are
        the nodes of the graph. ``print(net.Layers)`` shows them as a table.
    InputNames : list of str
        The name of the input.
    OutputNames : list of str
        The layers that are scored; the file's outputs at first. Set it to a layer or tensor name to score another.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> net
    dlnetwork with 1 input, 224×224×3 images:
       InputNames: input
      OutputNames: prob
    >>> net.Layers[0].InputSize
    (224, 224, 3)
    >>> net.OutputNames = "logits"
    """

    def __init__(self, session: NetworkSession, channel_axis: int, input_layer: ImageInputLayer) -> None:
        self._session = session
        self._channel_axis = channel_axis
        self._output_names = [tensor.name for tensor in session.outputs]
        self.input_layer = input_layer
        self._channels_first: dict[str, bool] = {}

    @property
    def Layers(self) -> Sequence[AnyLayer]:
        return LayerArray(self.input_layer, self._session.file.layers)

    @property
    def InputNames(self) -> list[str]:
        return [tensor.name for tensor in self._session.inputs]

    @property
    def OutputNames(self) -> list[str]:
        return list(self._output_names)

    @OutputNames.setter
    def OutputNames(self, names: str | Sequence[str]) -> None:
        typed = np.atleast_1d(np.asarray(names, dtype=object)).ravel().tolist()
        texts = [text for text in map(as_text, typed) if text is not None]
        if not texts or len(texts) != len(typed):
            raise TypeError(expected("OutputNames", "the name of a layer or several of them", names))
        file = self._session.file
        known = {tensor.name for tensor in self._session.outputs}
        tensors = [name if name in known else file.tensor_named(name) for name in texts]
        if known != set(tensors):  # what only other outputs need is not computed
            self._session = NetworkSession(NetworkFile(file.path, tensors, optimize=file.optimize))
        self._output_names = tensors

    def __repr__(self) -> str:
        lines = [
            f"dlnetwork with 1 input, {size_text(self.input_layer.InputSize)} images:",
            f"   InputNames: {', '.join(self.InputNames)}",
            f"  OutputNames: {', '.join(self.OutputNames)}",
        ]
        return "\n".join(lines)

    def predict(self, X: ArrayLike) -> NDArray[np.float32]:
        """The network's output for one image.

        Parameters
        ----------
        X : array_like, H×W or H×W×C
            The image in the size of the input layer; int8 … uint64, single or double; finite. One that lies on a GPU
            (:func:`~occlusion_sensitivity.matlab.gpuArray`) goes through the network there.

        Returns
        -------
        scores : numpy.ndarray of single
            On the host: 1×K for K output channels; where there are several spatial positions, they come first,
            rows×columns×K.

        Raises
        ------
        TypeError, ValueError
            If X is of another class or size (see occlusionSensitivity), or the network has several OutputNames.
        RuntimeError
            If the network fails, or cannot run on the GPU on which X lies.

        Notes
        -----
        Source: MATLAB's predict for one observation; docs/compatibility.md, "Networks".

        Examples
        --------
        >>> import numpy as np
        >>> from occlusion_sensitivity import imagePretrainedNetwork
        >>> net, classNames = imagePretrainedNetwork()
        >>> net.predict(np.zeros((224, 224, 3))).shape
        (1, 1000)
        """
        image = checked_image(X, self.input_layer.InputSize)
        net = self.on(device_of(X))
        output = net.device.to_host(net.run(net.arranged(image)[np.newaxis]))
        if output[0, 0].size == 1:
            return output.reshape(1, -1)
        return np.ascontiguousarray(np.moveaxis(output[0], 0, -1))

    # Below: what occlusion maps are made with. 0-based, in the network's own order of axes.

    @property
    def device(self) -> Device:
        """Where the network runs, and where the arrays below are."""
        return self._session.device

    def on(self, device: Device) -> Self:
        """The same network on `device`; RuntimeError where it cannot be there."""
        moved = copy.copy(self)
        moved._session = self._session.on(device)
        return moved

    def arranged(self, image: Image) -> DeviceArray:
        """An image, height × width × channels, normalised, as planes × height × width × depth, on the device.

        The channels are the planes or the depth, whichever the network wants: a batch of such images is its input.
        """
        image = self.input_layer.normalized(image)
        planes = np.moveaxis(image, 2, 0)[..., np.newaxis] if self._channel_axis == 1 else image[np.newaxis]
        return self.device.upload(np.ascontiguousarray(planes))

    def run(self, batch: DeviceArray, count: int | None = None) -> DeviceArray:
        """The output for a batch of arranged images: shape (n, channels, …); of the first `count` images, if given."""
        scored = self._scored()
        output = self._channels_second(self._session.run(self._tensor(batch), scored.name, count))
        declared = self._declared_channels(scored)
        if declared not in (None, output.shape[1]):
            msg = f"The file says that output {scored.name!r} has {declared} channels, but it has {output.shape[1]}."
            raise ValueError(msg)
        return output

    def try_together(self, one: DeviceArray, other: DeviceArray) -> None:
        """Let images go through the network together, if these two arranged ones do not influence each other."""
        self._session.try_together(self._tensor(np.stack([one, other])), self._scored().name)

    def channel_count(self, image: Image) -> int:
        """The number of channels of the output; where the file leaves it open, `image` is run to see it."""
        return self.declared_channel_count() or int(self.run(self.arranged(image)[np.newaxis]).shape[1])

    def declared_channel_count(self) -> int | None:
        """The number of channels that the file says the output has."""
        return self._declared_channels(self._scored())

    def _tensor(self, batch: DeviceArray) -> DeviceArray:
        n, planes, height, width, depth = batch.shape
        return batch.reshape((n, planes, height, width) if self._channel_axis == 1 else (n, height, width, depth))

    def _channels_second(self, output: DeviceArray) -> DeviceArray:
        if output.ndim == 1:
            return output[:, np.newaxis]
        return output if self._is_channels_first(self._scored()) else np.moveaxis(output, -1, 1)

    def _declared_channels(self, output: TensorInfo) -> int | None:
        if len(output.shape) < 2:
            return len(output.shape) or None
        return output.shape[1 if self._is_channels_first(output) else -1]

    def _is_channels_first(self, output: TensorInfo) -> bool:
        """Whether the output is N×K×…; N×H×W×C networks have outputs of both kinds."""
        if self._channel_axis == 1 or len(output.shape) == 2:
            return True
        if output.name not in self._channels_first:
            found = self._session.file.is_channels_first(output.name)
            self._channels_first[output.name] = bool(found)
        return self._channels_first[output.name]

    def _scored(self) -> TensorInfo:
        """The one output that is scored."""
        if len(self._output_names) != 1:
            msg = (
                f"net must have one output, but its OutputNames are {', '.join(self._output_names)}. "
                f"net.OutputNames = {self._output_names[0]!r} chooses one."
            )
            raise ValueError(msg)
        scored = next(tensor for tensor in self._session.outputs if tensor.name == self._output_names[0])
        if not is_float(scored):
            msg = f"The output of net must be a tensor of floats, but {scored.name} is {scored.type}."
            raise ValueError(msg)
        return scored


def importNetworkFromONNX(modelfile: str | os.PathLike[str], *nameValuePairs: object, **options: object) -> dlnetwork:
    """Read a network from an ONNX file.

    Parameters
    ----------
    modelfile : str or os.PathLike
        An ONNX file with one input, an image. Files of every opset that ONNX Runtime knows, float16 networks, networks
        exported for a single image, and files of opset 6 from MATLAB's exporters of 2018 work alike.
    InputDataFormats : {"BCSS", "BSSC"}, optional
        The order of the input's axes: batch, channel, two spatial ones; or batch, two spatial ones, channel.
        Taken from the file where the shapes leave no doubt (at most 4 channels, more pixels along the other axes),
        otherwise "BCSS".
    InputLayer : ImageInputLayer, optional
        From :func:`imageInputLayer`: the normalisation that every image gets before the network. None is added
        otherwise: what the file does not contain, the caller does.
    Optimize : bool, default True
        Whether the graph is rewritten for speed (docs/performance.md), equal within float noise. False runs the file
        as it is.

    Returns
    -------
    net : dlnetwork

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no ONNX network, not one of a single image, or not of the size of InputLayer.
    ImportError
        If ONNX Runtime is missing, or installed twice.

    Notes
    -----
    Source: MathWorks' function of the same name; docs/compatibility.md, "Networks". Options take both name-value
    spellings.

    Examples
    --------
    >>> importNetworkFromONNX("no_such_file.onnx")
    Traceback (most recent call last):
    ...
    FileNotFoundError: modelfile: there is no file 'no_such_file.onnx'.
    """
    file = existing_file("modelfile", modelfile)
    typed = name_value_pairs(nameValuePairs, options, OPTION_NAMES)
    name, value = typed.get("InputDataFormats", ("InputDataFormats", None))
    data_format = None if value is None else (as_text(value) or "").upper()
    if data_format is not None and data_format not in _CHANNEL_AXIS:
        raise ValueError(expected(name, " or ".join(_CHANNEL_AXIS), value))
    optimize = truth(*typed.get("Optimize", ("Optimize", True)), "true or false")
    session = NetworkSession(NetworkFile(file, optimize=optimize))
    source = session.inputs[0]
    channel_axis = _CHANNEL_AXIS[data_format or _data_format(source.shape)]
    lengths = list(source.shape[1:])
    channels = lengths.pop(channel_axis - 1)
    layer = ImageInputLayer(Name=source.name, InputSize=(lengths[0], lengths[1], channels))
    if "InputLayer" in typed:
        layer = _fitting_layer(*typed["InputLayer"], layer)
    return dlnetwork(session, channel_axis, layer)


def _data_format(shape: tuple[int | None, ...]) -> str:
    """The order of the axes of an image tensor: "BSSC" where only the last axis can be channels."""
    _, first, second, last = shape
    few = 4
    if last is not None and last <= few and all(length is None or length > few for length in (first, second)):
        return "BSSC"
    return "BCSS"


def _fitting_layer(name: str, value: object, own: ImageInputLayer) -> ImageInputLayer:
    """The layer as given, under the name of the file's input."""
    if not isinstance(value, ImageInputLayer):
        raise TypeError(expected(name, "an image input layer from imageInputLayer", value))
    if not fits(value.InputSize, own.InputSize):
        sizes = [size_text(layer.InputSize) for layer in (own, value)]
        msg = f"{name} must be for images of {sizes[0]}, the input size of the file, but is for {sizes[1]}."
        raise ValueError(msg)
    return dataclasses.replace(value, Name=own.Name)
