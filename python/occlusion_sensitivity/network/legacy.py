"""The older networks, which know the names of their classes."""

import copy
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, channel_named, expected, name_value_pairs, shown, texts_in
from .dlnetwork import OPTION_NAMES, dlnetwork, importNetworkFromONNX
from .layers import AnyLayer, ClassificationOutputLayer, LayerArray


class DAGNetwork:
    """A classifier that holds its class names.

    Parameters
    ----------
    net : dlnetwork
        A network with one output, the scores of the classes.
    Classes : sequence of str
        The class names in the order of the output's channels.

    Attributes
    ----------
    Layers : LayerArray
        Those of `net`, and a last one with the names: ``Layers[-1].Classes``.

    Raises
    ------
    TypeError, ValueError
        If `net` is no dlnetwork, or there is not one name for each channel.

    Notes
    -----
    Source: MATLAB's class of the same name, which MathWorks no longer recommends.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> DAGNetwork(net, Classes=classNames).Layers[-1].Classes[967]
    np.str_('espresso')
    """

    def __init__(self, net: dlnetwork, *nameValuePairs: object, **options: object) -> None:
        if not isinstance(net, dlnetwork):
            raise TypeError(expected("net", "a dlnetwork", net))
        typed = name_value_pairs(nameValuePairs, options, ("Classes",))
        if "Classes" not in typed:
            msg = "Classes must be given: the class names in the order of the output's channels."
            raise TypeError(msg)
        self._net = copy.copy(net)
        self._scoring: dict[str, dlnetwork] = {}
        names = texts_in(typed["Classes"][1])
        if names is None:
            raise TypeError(expected(typed["Classes"][0], "a vector of text", typed["Classes"][1]))
        count = net.declared_channel_count()
        if count not in (None, len(names)):
            msg = f"{typed['Classes'][0]} must hold a name for each of the {count} channels, but holds {len(names)}."
            raise ValueError(msg)
        self._last = ClassificationOutputLayer(Name="classoutput", Classes=np.array(names))

    @property
    def Layers(self) -> Sequence[AnyLayer]:
        layers = self._net.Layers
        return LayerArray(self._net.input_layer, lambda: [*layers[1:], self._last])

    @property
    def InputNames(self) -> list[str]:
        return self._net.InputNames

    @property
    def OutputNames(self) -> list[str]:
        return self._net.OutputNames

    def __repr__(self) -> str:
        return repr(self._net).replace("dlnetwork", type(self).__name__, 1)

    def predict(self, X: ArrayLike) -> NDArray[np.float32]:
        """The scores of the classes for one image; see dlnetwork.predict."""
        return self._net.predict(X)

    def to_dlnetwork(self) -> dlnetwork:
        """The network without the class names."""
        return copy.copy(self._net)

    def channels_of(self, label: object) -> list[int]:
        """The channels, from 1, of a class name or of several."""
        labels = texts_in(label)
        if labels is None:
            raise TypeError(expected("label", "a class name or a vector of them", label))
        names = self._last.Classes.tolist()
        return [channel_named("label", text, names, "dag2dlnetwork and channelIdx choose one") for text in labels]

    def scoring(self, layer_name: str) -> dlnetwork:
        """The network with another layer scored; kept, so that it is read once."""
        if layer_name not in self._scoring:
            net = copy.copy(self._net)
            net.OutputNames = layer_name
            self._scoring[layer_name] = net
        return self._scoring[layer_name]


class SeriesNetwork(DAGNetwork):
    """A classifier whose layers follow one another; here the same as a :class:`DAGNetwork`.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> SeriesNetwork(net, Classes=classNames).Layers[-1].Classes[967]
    np.str_('espresso')
    """


def dag2dlnetwork(net: DAGNetwork) -> dlnetwork:
    """A DAGNetwork or SeriesNetwork as a dlnetwork: without the class names, otherwise the same.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> dag2dlnetwork(DAGNetwork(net, Classes=classNames)).OutputNames
    ['prob']
    """
    if not isinstance(net, DAGNetwork):
        raise TypeError(expected("net", "a DAGNetwork or SeriesNetwork", net))
    return net.to_dlnetwork()


def importONNXNetwork(modelfile: str | os.PathLike[str], *nameValuePairs: object, **options: object) -> DAGNetwork:
    """Read a classifier from an ONNX file, with its class names.

    Parameters
    ----------
    modelfile : str or os.PathLike
        See :func:`importNetworkFromONNX`, whose options are taken, too.
    Classes : sequence of str, optional
        The class names in the order of the channels; "1", "2", … where none are given.

    Returns
    -------
    net : DAGNetwork

    Raises
    ------
    FileNotFoundError, TypeError, ValueError, ImportError
        As importNetworkFromONNX; ValueError also if there is not one name for each channel.

    Notes
    -----
    Source: MATLAB's function of the same name, which MathWorks no longer recommends.

    Examples
    --------
    >>> importONNXNetwork("no_such_file.onnx")
    Traceback (most recent call last):
    ...
    FileNotFoundError: modelfile: there is no file 'no_such_file.onnx'.
    """
    typed = name_value_pairs(nameValuePairs, options, ("Classes", *OPTION_NAMES))
    name, classes = typed.pop("Classes", ("Classes", None))
    net = importNetworkFromONNX(modelfile, **{option: value for option, (_, value) in typed.items()})
    if classes is None:
        count = net.declared_channel_count()
        if count is None:
            msg = f"{name} must be given: the file does not say how many channels the output has."
            raise ValueError(msg)
        classes = [str(k + 1) for k in range(count)]
    return DAGNetwork(net, **{name: classes})


def resolved(
    net: dlnetwork | DAGNetwork, target: ArrayLike, rest: tuple[object, ...]
) -> tuple[dlnetwork, ArrayLike, tuple[object, ...]]:
    """The three syntaxes as one: (dlnetwork, channelIdx, the name-value pairs that follow)."""
    if isinstance(net, dlnetwork):
        return net, target, rest
    layer_name = as_text(target)
    if rest and as_text(rest[0]) is None:
        if layer_name is None:
            raise TypeError(expected("layerName", "the name of a layer", target))
        channels: ArrayLike = rest[0]  # type: ignore[assignment]
        return net.scoring(layer_name), channels, rest[1:]
    if texts_in(target) is None:
        msg = (
            f"A {type(net).__name__} takes a class name, or a layer name and channelIdx, but got {shown(target)}. "
            "dag2dlnetwork(net) takes channelIdx alone."
        )
        raise TypeError(msg)
    return net.to_dlnetwork(), net.channels_of(target), rest
