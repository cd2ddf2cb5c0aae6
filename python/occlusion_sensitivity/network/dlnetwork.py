"""dlnetwork: a network as MATLAB users know it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from .. import inference
from ..arguments import as_text, existing_file, expected, size_text, text_choice, truth
from ..devices import device_of
from ..devices.cpu import CPU
from ..images import ImageLike, checked_image, fits
from ..listing import public_names
from ..name_values import NameValues
from ..option_types import ImportNetworkFromONNXOptions
from .graph import NetworkFile
from .import_options import (
    CHANNEL_AXIS,
    MATLAB_OPTIONS,
    check_output_formats,
    check_what_changes_nothing,
    image_size,
    input_format,
)
from .layers import ImageInputLayer, Layer, LayerArray
from .network import INFERENCES, Network
from .places import Places
from .session import is_float

# Those of this package alone, behind MATLAB's.
OPTION_NAMES = (*MATLAB_OPTIONS, "InputLayer", "Optimize", "Inference")
# What this package alone uses of a network as MATLAB users know it.
INNER_NAMES = ("channels_of", "input_layer", "network", "scoring", "to_dlnetwork")


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
        The layers that are scored; the file's outputs at first. Set it to a layer or tensor name to score another. The
        layer's name in MATLAB is found, too, where its exporter changed it: ``"fc"`` where the file has ``fc_Add``.

    Notes
    -----
    MATLAB: ``dlnetwork``, ``net.OutputNames = "relu5"``, ``net.Layers(1).InputSize``

    Python: ``dlnetwork``, ``net.OutputNames = "relu5"``, ``net.Layers[0].InputSize``

    Differs: it is made by importNetworkFromONNX, and not trained. It is copied and pickled as the place and the SHA-256
    of its file, and its settings: unpickling reads the file again, and is an error where that changed or is gone.

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

    def __init__(self, network: Network, input_layer: ImageInputLayer) -> None:
        # What maps are made with. Another takes its place when OutputNames is set: who holds it, sees one state.
        self.network = network
        self.input_layer = input_layer
        self._scoring: dict[str, Network] = {}

    def __getstate__(self) -> dict[str, object]:
        # Other layers are read again when they are asked for.
        return {**vars(self), "_scoring": {}}

    def __dir__(self) -> list[str]:
        return public_names(super().__dir__(), INNER_NAMES)

    @property
    def Layers(self) -> LayerArray[Layer]:
        return LayerArray(self.input_layer, self.network.file.layers)

    @property
    def InputNames(self) -> list[str]:
        return [tensor.name for tensor in self.network.inputs]

    @property
    def OutputNames(self) -> list[str]:
        return [tensor.name for tensor in self.network.outputs]

    @OutputNames.setter
    def OutputNames(self, names: str | Sequence[str]) -> None:
        typed = np.atleast_1d(np.asarray(names, dtype=object)).ravel().tolist()
        texts = [text for text in map(as_text, typed) if text is not None]
        if not texts or len(texts) != len(typed):
            raise TypeError(expected("OutputNames", "the name of a layer or several of them", names))
        self.network = self._with_outputs(texts, "OutputNames")

    def scoring(self, layer_name: str, typed: str = "OutputNames") -> Network:
        """The network with that layer scored; kept, so that it is read once. Errors are of the argument as `typed`."""
        if layer_name not in self._scoring:
            self._scoring[layer_name] = self._with_outputs([layer_name], typed)
        return self._scoring[layer_name]

    def _with_outputs(self, names: Sequence[str], typed: str) -> Network:
        known = {tensor.name for tensor in self.network.outputs}
        file = self.network.file
        network = self.network.scoring([name if name in known else file.tensor_named(name, typed) for name in names])
        for tensor in network.outputs:
            if not is_float(tensor):
                msg = f"{typed} must be layers that give floats, but {tensor.name!r} gives {tensor.type}."
                raise ValueError(msg)
        return network

    def __repr__(self) -> str:
        lines = [
            f"dlnetwork with 1 input, {size_text(self.input_layer.InputSize)} images:",
            f"   InputNames: {', '.join(self.InputNames)}",
            f"  OutputNames: {', '.join(self.OutputNames)}",
        ]
        if self.network.inference == "incremental":
            lines.append(f"    Inference: incremental ({inference.summary(self.network)})")
        return "\n".join(lines)

    def predict(self, X: ImageLike) -> NDArray[np.float32]:
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
            rows×columns×K. ``scores.argmax()`` counts from 0, and the channelIdx of occlusionSensitivity from 1: the
            channel of the largest score is ``scores.argmax() + 1``.

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
        network = self.network
        image = checked_image(X, network.input_size)
        network = network.on(device_of(X))
        output = network.device.to_host(network.run(network.arranged(image)[np.newaxis]))
        if output[0, 0].size == 1:
            return output.reshape(1, -1)
        return np.ascontiguousarray(np.moveaxis(output[0], 0, -1))


def importNetworkFromONNX(
    modelfile: str | os.PathLike[str], *nameValuePairs: object, **options: Unpack[ImportNetworkFromONNXOptions]
) -> dlnetwork:
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
    OutputDataFormats : str or sequence of str, optional
        The order of the axes of each output: "BC" for scores, "BCSS" or "BSSC" for an image. Checked: what the file
        has is what there is.
    Namespace, PackageName : str, optional
        Of the custom layers that MATLAB generates. Nothing is generated here.
    FoldConstants : {"deep", "shallow", "none"}, default "deep"
    GenerateCustomLayers : bool, default True
        Both change nothing here: ONNX Runtime runs the file's own operators.
    InputLayer : ImageInputLayer, optional
        This package's own. From :func:`imageInputLayer`: the normalisation that every image gets before the network.
        None is added otherwise: what the file does not contain, the caller does.
    Optimize : bool, default True
        This package's own. Whether the graph is rewritten for speed (docs/performance.md), equal within float noise.
        False runs the file as it is.
    Inference : {"exhaustive", "incremental"}, default "exhaustive"
        This package's own. How occlusionSensitivity finds the scores: "incremental" computes of each occluded image
        only what the mask can have changed, to the same map in less time. docs/incremental.md says when it pays, what
        it was compared with, and of a patent application. Where it is not possible, maps are computed exhaustively,
        with the reason for the logger "occlusion_sensitivity" at level INFO.

    Returns
    -------
    net : dlnetwork

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If it is no ONNX network, not one of a single image, or not of the size of InputLayer; if an option is outside
        the values listed above.
    ImportError
        If ONNX Runtime is missing, or installed twice.

    Notes
    -----
    MATLAB: ``net = importNetworkFromONNX(modelfile,InputDataFormats="BCSS")``

    Python: ``net = importNetworkFromONNX(modelfile, InputDataFormats="BCSS")``

    Differs: the network has to have one input, an image, and is initialized already. The layers behind the input layer
    are the file's nodes under their ONNX operators. Source: MathWorks' function of the same name;
    docs/compatibility.md, "Networks". Options take both name-value spellings.

    Examples
    --------
    >>> importNetworkFromONNX("no_such_file.onnx")
    Traceback (most recent call last):
    ...
    FileNotFoundError: modelfile: there is no file 'no_such_file.onnx'.
    """
    return imported(modelfile, NameValues.parse(nameValuePairs, options, OPTION_NAMES))


def imported(modelfile: str | os.PathLike[str], options: NameValues) -> dlnetwork:
    """importNetworkFromONNX with its options sorted; those of importONNXNetwork about the image are honoured, too."""
    file = existing_file("modelfile", modelfile)
    check_what_changes_nothing(options)
    data_format = input_format(options)
    places = Places(NetworkFile(file, optimize=options.read("Optimize", True, truth, "true or false")))
    source = places.on(CPU).session.inputs[0]
    channel_axis = CHANNEL_AXIS[data_format or _data_format(source.shape)]
    lengths = list(source.shape[1:])
    channels = lengths.pop(channel_axis - 1)
    layer = ImageInputLayer(Name=source.name, InputSize=(lengths[0], lengths[1], channels))
    if "InputLayer" in options:
        layer = options.read("InputLayer", None, _fitting_layer, layer)
    layer = dataclasses.replace(layer, InputSize=image_size(options, layer.InputSize))
    how = options.read("Inference", "exhaustive", text_choice, INFERENCES)
    network = Network(places, channel_axis, layer.InputSize, layer.normalized, inference=how)
    check_output_formats(options, network)
    return dlnetwork(network, layer)


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
