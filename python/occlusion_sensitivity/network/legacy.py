"""The older networks, which know the names of their classes."""

from __future__ import annotations

import copy
import os
from typing import Literal, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from ..arguments import channel_named, expected, texts_in
from ..images import ImageLike
from ..listing import public_names
from ..name_values import NameValues
from ..option_types import ClassifierOptions, DAGNetworkOptions, ImportONNXNetworkOptions
from ..strings import Label, StringArray
from .dlnetwork import INNER_NAMES, OPTION_NAMES, dlnetwork, imported
from .import_options import CLASSIFIER_OPTIONS, class_names, is_dlnetwork_wanted
from .layers import ClassificationOutputLayer, LayerArray
from .network import Network


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
    MATLAB: ``DAGNetwork``, ``net.Layers(end).Classes``

    Python: ``DAGNetwork``, ``net.Layers[-1].Classes``

    Differs: it is made of a dlnetwork and the class names, by importONNXNetwork or ``DAGNetwork(net, Classes=names)``.
    Source: MATLAB's class of the same name, which MathWorks no longer recommends.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> print(DAGNetwork(net, Classes=classNames).Layers[-1].Classes[967])
    espresso
    """

    def __init__(self, net: dlnetwork, *nameValuePairs: object, **options: Unpack[DAGNetworkOptions]) -> None:
        if not isinstance(net, dlnetwork):
            raise TypeError(expected("net", "a dlnetwork", net))
        given = NameValues.parse(nameValuePairs, options, ("Classes",))
        if "Classes" not in given:
            msg = "Classes must be given: the class names in the order of the output's channels."
            raise TypeError(msg)
        self._net = copy.copy(net)
        names = given.read("Classes", None, _class_names, net.network.declared_channel_count())
        self._last = ClassificationOutputLayer(Name="classoutput", Classes=StringArray(names))

    def __dir__(self) -> list[str]:
        return public_names(super().__dir__(), INNER_NAMES)

    @property
    def Layers(self) -> LayerArray[ClassificationOutputLayer]:
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

    def predict(self, X: ImageLike) -> NDArray[np.float32]:
        """The scores of the classes for one image; see dlnetwork.predict.

        ``scores.argmax()`` counts from 0, a channelIdx from 1.
        """
        return self._net.predict(X)

    def to_dlnetwork(self) -> dlnetwork:
        """The network without the class names."""
        return copy.copy(self._net)

    def channels_of(self, label: object) -> list[int]:
        """The channels, from 1, of a class name or of several."""
        if isinstance(label, Label) and label.place is not None and label.categories == tuple(self._last.Classes):
            return [label.place + 1]  # also where two classes have its name
        labels = texts_in(label)
        if labels is None:
            raise TypeError(expected("label", "a class name or a vector of them", label))
        names = self._last.Classes.tolist()
        return [channel_named("label", text, names, "dag2dlnetwork and channelIdx choose one") for text in labels]

    @property
    def network(self) -> Network:
        """What maps are made with."""
        return self._net.network

    def scoring(self, layer_name: str, typed: str = "OutputNames") -> Network:
        """The network with that layer scored."""
        if layer_name == self._last.Name:
            return self.network  # which that layer leaves as they are
        return self._net.scoring(layer_name, typed)


class SeriesNetwork(DAGNetwork):
    """A classifier whose layers follow one another; here the same as a :class:`DAGNetwork`.

    Notes
    -----
    MATLAB: ``SeriesNetwork``, ``net.Layers(end).Classes``

    Python: ``SeriesNetwork``, ``net.Layers[-1].Classes``

    Differs: it is made of a dlnetwork and the class names: ``SeriesNetwork(net, Classes=names)``.

    Examples
    --------
    >>> from occlusion_sensitivity import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> print(SeriesNetwork(net, Classes=classNames).Layers[-1].Classes[967])
    espresso
    """


def dag2dlnetwork(net: DAGNetwork) -> dlnetwork:
    """A DAGNetwork or SeriesNetwork as a dlnetwork: without the class names, otherwise the same.

    Parameters
    ----------
    net : DAGNetwork or SeriesNetwork

    Returns
    -------
    dlnet : dlnetwork

    Raises
    ------
    TypeError
        If `net` is neither.

    Notes
    -----
    MATLAB: ``dlnet = dag2dlnetwork(net)``

    Python: ``dlnet = dag2dlnetwork(net)``

    Differs: nothing.

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


@overload
def importONNXNetwork(
    modelfile: str | os.PathLike[str],
    *nameValuePairs: object,
    TargetNetwork: Literal["dlnetwork"],
    **options: Unpack[ClassifierOptions],
) -> dlnetwork: ...
@overload
def importONNXNetwork(
    modelfile: str | os.PathLike[str],
    *nameValuePairs: object,
    TargetNetwork: Literal["dagnetwork"] = ...,
    **options: Unpack[ClassifierOptions],
) -> DAGNetwork: ...
@overload
def importONNXNetwork(
    modelfile: str | os.PathLike[str], *nameValuePairs: object, **options: Unpack[ImportONNXNetworkOptions]
) -> DAGNetwork | dlnetwork: ...
def importONNXNetwork(
    modelfile: str | os.PathLike[str], *nameValuePairs: object, **options: Unpack[ImportONNXNetworkOptions]
) -> DAGNetwork | dlnetwork:
    """Read a classifier from an ONNX file, with its class names.

    Parameters
    ----------
    modelfile : str or os.PathLike
        See :func:`~occlusion_sensitivity.importNetworkFromONNX`, whose options are taken, too.
    TargetNetwork : {"dagnetwork", "dlnetwork"}, default "dagnetwork"
        "dlnetwork" gives what importNetworkFromONNX gives, without class names.
    OutputLayerType : "classification", default "classification"
        The other kinds that MATLAB has are refused for a DAGNetwork, which has classes here.
    Classes, ClassNames : "auto" or sequence of str, default "auto"
        The class names in the order of the channels, under the newer or the older name of the option. "auto": "1",
        "2", … .
    ImageInputSize : (int, int) or (int, int, int), optional
        Height, width and channels of the images, for files that leave them open; otherwise those of the file.

    Returns
    -------
    net : DAGNetwork, or dlnetwork where TargetNetwork says so

    Raises
    ------
    FileNotFoundError, TypeError, ValueError, ImportError
        As importNetworkFromONNX; ValueError also if there is not one name for each channel.

    Notes
    -----
    MATLAB: ``net = importONNXNetwork(modelfile,OutputLayerType="classification",Classes=names)``

    Python: ``net = importONNXNetwork(modelfile, OutputLayerType="classification", Classes=names)``

    Differs: a DAGNetwork is a classifier; for other kinds of networks importNetworkFromONNX gives a dlnetwork. Source:
    MATLAB's function of the same name, which MathWorks no longer recommends.

    Examples
    --------
    >>> importONNXNetwork("no_such_file.onnx")
    Traceback (most recent call last):
    ...
    FileNotFoundError: modelfile: there is no file 'no_such_file.onnx'.
    """
    given = NameValues.parse(nameValuePairs, options, (*OPTION_NAMES, *CLASSIFIER_OPTIONS))
    typed, classes = class_names(given)
    wants_dlnetwork = is_dlnetwork_wanted(given)
    net = imported(modelfile, given)
    if wants_dlnetwork:
        return net
    count = net.network.declared_channel_count()
    if classes is None:
        if count is None:
            msg = f"{typed} must be given: the file does not say how many channels the output has."
            raise ValueError(msg)
        classes = [str(k + 1) for k in range(count)]
    return DAGNetwork(net, Classes=_class_names(typed, classes, count))


def _class_names(name: str, value: object, count: int | None) -> list[str]:
    names = texts_in(value)
    if names is None:
        raise TypeError(expected(name, "a vector of text", value))
    if count not in (None, len(names)):
        msg = f"{name} must hold a name for each of the {count} channels, but holds {len(names)}."
        raise ValueError(msg)
    return names
