"""dlnetwork: a network as MATLAB users know it, around an ONNX Runtime session."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, expected, shown
from ..images import Image, checked_image
from .layers import ImageInputLayer
from .session import NetworkSession, check_tensors

# Where the channels of an image tensor are, by MATLAB's name of its order of axes (B batch, C channel, S spatial).
_CHANNEL_AXIS = {"BCSS": 1, "BSSC": 3}


class dlnetwork:
    """A trained network with one image input.

    Made by :func:`importNetworkFromONNX` and :func:`imagePretrainedNetwork`.

    Attributes
    ----------
    Layers : list of ImageInputLayer
        ``Layers[0].InputSize`` is (height, width, channels) of the input.
    InputNames : list of str
        The name of the input.
    OutputNames : list of str
        The names of the outputs that are scored; all of the file's at first. Set it to some of them to choose.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> net.Layers[0].InputSize
    (224, 224, 3)
    >>> net.OutputNames
    ['prob']
    """

    def __init__(self, session: NetworkSession, input_data_format: str) -> None:
        self._session = session
        self._channel_axis = _CHANNEL_AXIS[input_data_format]
        self._output_names = [tensor.name for tensor in session.outputs]
        source = session.inputs[0]
        lengths = list(source.shape[1:])
        channels = lengths.pop(self._channel_axis - 1)
        self.Layers = [ImageInputLayer(Name=source.name, InputSize=(lengths[0], lengths[1], channels))]

    @property
    def InputNames(self) -> list[str]:
        return [tensor.name for tensor in self._session.inputs]

    @property
    def OutputNames(self) -> list[str]:
        return list(self._output_names)

    @OutputNames.setter
    def OutputNames(self, names: str | Iterable[str]) -> None:
        typed = [names] if isinstance(names, str) else list(names)
        known = [tensor.name for tensor in self._session.outputs]
        for name in typed:
            if name not in known:
                closest = difflib.get_close_matches(as_text(name) or "", known) or known[:3]
                msg = f"OutputNames must be among the outputs of the network, but is {shown(name)}. Closest: {closest}."
                raise ValueError(msg)
        if not typed:
            raise ValueError(expected("OutputNames", "at least one name", names))
        self._output_names = typed

    def __repr__(self) -> str:
        layer = self.Layers[0]
        return f"dlnetwork(InputSize={layer.InputSize}, InputNames={self.InputNames}, OutputNames={self.OutputNames})"

    def predict(self, X: ArrayLike) -> NDArray[np.float32]:
        """The network's output for one image.

        Parameters
        ----------
        X : array_like, H×W or H×W×C
            The image in the size of the input layer; int8 … uint64, single or double; finite.

        Returns
        -------
        scores : numpy.ndarray of single
            1×K for K output channels; with spatial axes they come first: rows×columns×K.

        Raises
        ------
        TypeError, ValueError
            If X is of another class or size (see occlusionSensitivity), or the network has several OutputNames.

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
        image = checked_image(X, self.Layers[0].InputSize)
        output = self.run(self.arranged(image)[np.newaxis])
        return output if output.ndim == 2 else np.ascontiguousarray(np.moveaxis(output[0], 0, -1))

    # Below: what occlusion maps are made with. 0-based, in the network's own order of axes.

    def arranged(self, image: Image) -> NDArray[np.float32]:
        """An image, height × width × channels, as planes × height × width × depth.

        The channels are the planes or the depth, whichever the network wants: a batch of such images is its input.
        """
        if self._channel_axis == 1:
            return np.ascontiguousarray(np.moveaxis(image, 2, 0)[..., np.newaxis])
        return np.ascontiguousarray(image[np.newaxis])

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for a batch of arranged images: shape (n, channels, …)."""
        n, planes, height, width, depth = batch.shape
        channels_first = self._channel_axis == 1
        tensor = batch.reshape((n, planes, height, width) if channels_first else (n, height, width, depth))
        output = self._session.run(tensor, self.output_name())
        return output[:, np.newaxis] if output.ndim == 1 else output

    def output_name(self) -> str:
        """The one output that is scored."""
        if len(self._output_names) != 1:
            msg = (
                f"net must have one output, but its OutputNames are {', '.join(self._output_names)}. "
                f"net.OutputNames = {self._output_names[0]!r} chooses one."
            )
            raise ValueError(msg)
        return self._output_names[0]

    def channel_count(self, image: Image) -> int:
        """The number of channels of the output; where the file leaves it open, `image` is run to see it."""
        name = self.output_name()
        shape = next(tensor.shape for tensor in self._session.outputs if tensor.name == name)
        if len(shape) == 1:
            return 1
        count = shape[1] if shape else None
        return count or int(self.run(self.arranged(image)[np.newaxis]).shape[1])


def importNetworkFromONNX(modelfile: str | os.PathLike[str], *, InputDataFormats: str | None = None) -> dlnetwork:
    """Read a network from an ONNX file.

    Parameters
    ----------
    modelfile : str or os.PathLike
        An ONNX file with one input, an image, of opset 7 or later. Float16 networks and networks exported for a
        single image work like any other.
    InputDataFormats : {"BCSS", "BSSC"}, optional
        The order of the input's axes: batch, channel, two spatial ones; or batch, two spatial ones, channel.
        Taken from the file where the shapes leave no doubt (at most 4 channels, more pixels along the other axes),
        otherwise "BCSS".

    Returns
    -------
    net : dlnetwork

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no ONNX network, or not one of a single image.
    ImportError
        If ONNX Runtime is missing, or installed twice.

    Notes
    -----
    Source: MathWorks' function of the same name. It adds no normalisation: what the file does not contain, the
    caller does. docs/compatibility.md, "Networks".

    Examples
    --------
    >>> importNetworkFromONNX("no_such_file.onnx")
    Traceback (most recent call last):
    ...
    FileNotFoundError: modelfile: there is no file 'no_such_file.onnx'.
    """
    if not isinstance(modelfile, str | os.PathLike):
        raise TypeError(expected("modelfile", "the path of an ONNX file", modelfile))
    file = Path(modelfile)
    if not file.exists():
        msg = f"modelfile: there is no file {str(file)!r}."
        raise FileNotFoundError(msg)
    if not file.is_file():
        raise ValueError(expected("modelfile", "the path of an ONNX file", str(file)))
    data_format = None if InputDataFormats is None else as_text(InputDataFormats)
    if InputDataFormats is not None and data_format not in _CHANNEL_AXIS:
        raise ValueError(expected("InputDataFormats", " or ".join(_CHANNEL_AXIS), InputDataFormats))
    session = NetworkSession(file)
    check_tensors(session, file)
    return dlnetwork(session, data_format or _data_format(session.inputs[0].shape))


def _data_format(shape: tuple[int | None, ...]) -> str:
    """The order of the axes of an image tensor: "BSSC" where only the last axis can be channels."""
    _, first, second, last = shape
    few = 4
    if last is not None and last <= few and all(length is None or length > few for length in (first, second)):
        return "BSSC"
    return "BCSS"
