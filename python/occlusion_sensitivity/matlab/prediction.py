"""Running networks and reading their scores, as functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Unpack, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_array, as_text, expected, is_on_gpu, positive_integer, shown, text_choice, texts_in
from ..calls import AnyNetwork, network_of
from ..devices import DeviceArray, device_of
from ..execution import network_in
from ..images import Image, ImageLike, checked_image
from ..mini_batches import in_mini_batches
from ..name_values import NameValues
from ..network.dlnetwork import dlnetwork
from ..network.network import Network
from ..options import DEFAULT_MINI_BATCH_SIZE, Environment
from ..strings import Label, Labels
from .arrays import real_array
from .option_types import ActivationsOptions, MinibatchpredictOptions, RunOptions
from .outputs import outputs

__all__ = ["activations", "classify", "forward", "minibatchpredict", "predict", "scores2label"]

# Of the images, to see whether they influence each other.
_MOST_SAMPLES = 6
# How a run is made, for all of these functions. "Acceleration" changes nothing here.
_RUN_OPTIONS = ("MiniBatchSize", "ExecutionEnvironment", "Acceleration")


def predict(
    net: AnyNetwork, X: ImageLike, *nameValuePairs: object, **options: Unpack[MinibatchpredictOptions]
) -> NDArray[np.float32]:
    """The network's output: for one image, see ``dlnetwork.predict``; for several, see :func:`minibatchpredict`.

    Parameters
    ----------
    net : dlnetwork, DAGNetwork or SeriesNetwork
    X : array_like, H×W×C or H×W for one image, H×W×C×N for several
    Outputs, MiniBatchSize, ExecutionEnvironment, Acceleration
        As minibatchpredict takes them.

    Returns
    -------
    scores : numpy.ndarray of single, 1×K or N×K
        For a spatial output, rows×columns×K, or rows×columns×K×N. ``scores.argmax()`` counts from 0, channelIdx of
        occlusionSensitivity from 1: the channel of the largest score of one image is ``scores.argmax() + 1``.

    Raises
    ------
    TypeError, ValueError
        If X is of another class or size, or an option outside of the values of minibatchpredict.

    Notes
    -----
    MATLAB: ``scores = predict(net,single(X))``

    Python: ``scores = predict(net, single(X))``

    Differs: images are arrays, not dlarrays: ``dlarray(X,"SSC")`` is ``X``, and its scores are 1×K, not K×1.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> predict(net, np.float32(np.zeros((224, 224, 3)))).shape
    (1, 1000)
    """
    network_of(net)
    several = (X.ndim if is_on_gpu(X) else np.ndim(as_array(X))) == 4  # type: ignore[union-attr, arg-type]
    if not nameValuePairs and not options and not several:
        return net.predict(X)
    output = minibatchpredict(net, X, *nameValuePairs, **options)
    return output[..., 0] if output.ndim == 4 and not several else output


def forward(
    net: AnyNetwork, X: ImageLike, *nameValuePairs: object, **options: Unpack[MinibatchpredictOptions]
) -> NDArray[np.float32]:
    """The same as :func:`predict`: ONNX files hold trained networks, which here are never in training.

    Parameters
    ----------
    net, X, Outputs, MiniBatchSize, ExecutionEnvironment, Acceleration
        As predict takes them.

    Returns
    -------
    scores : numpy.ndarray of single
        As of predict.

    Notes
    -----
    MATLAB: ``scores = forward(net,X)``

    Python: ``scores = forward(net, X)``

    Differs: nothing is trained: dropout leaves out nothing, and statistics of batches are not taken.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> forward(net, np.float32(np.zeros((224, 224, 3)))).shape
    (1, 1000)
    """
    return predict(net, X, *nameValuePairs, **options)


def minibatchpredict(
    net: AnyNetwork, X: ImageLike, *nameValuePairs: object, **options: Unpack[MinibatchpredictOptions]
) -> NDArray[np.float32]:
    """The network's outputs for several images.

    Parameters
    ----------
    net : dlnetwork, DAGNetwork or SeriesNetwork
    X : array_like, H×W×C×N, or H×W×C for one image
        A gpuArray goes through the network on its GPU; the scores come to the host.
    Outputs : str, optional
        The layer whose output is wanted; that of the network by default.
    MiniBatchSize : int, default 128
        The most images that go through the network at once.
    ExecutionEnvironment : {"auto", "gpu", "cpu"}, default "auto"
        "auto" is where X lies. "gpu" is an error where none works.
    Acceleration : {"auto", "mex", "none"}, default "auto"
        Changes nothing here.

    Returns
    -------
    scores : numpy.ndarray of single, shape (N, K)
        For a spatial output, rows×columns×K×N.

    Raises
    ------
    TypeError, ValueError
        If X is of another class or size, or an option outside the values listed above.

    Notes
    -----
    MATLAB: ``scores = minibatchpredict(net,X)``

    Python: ``scores = minibatchpredict(net, X)``

    Differs: one layer at a time; images are arrays, not datastores.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> minibatchpredict(net, np.zeros((224, 224, 3, 2))).shape
    (2, 1000)
    """
    given = NameValues.parse(nameValuePairs, options, ("Outputs", *_RUN_OPTIONS))
    network = network_of(net)
    if "Outputs" in given:
        network = _scoring(net, given.typed("Outputs"), given.value("Outputs"), by_number=False)
    output = _output(network, X, given)
    if output[0, 0].size == 1:
        return output.reshape(len(output), -1)
    return np.ascontiguousarray(np.moveaxis(output, (0, 1), (-1, -2)))


def classify(
    net: AnyNetwork, X: ImageLike, *nameValuePairs: object, nargout: object = None, **options: Unpack[RunOptions]
) -> Any:
    """The class of each image, and its scores for all classes.

    Parameters
    ----------
    net : DAGNetwork or SeriesNetwork
    X : array_like, H×W×C or H×W for one image, H×W×C×N for several
    MiniBatchSize, ExecutionEnvironment, Acceleration
        As minibatchpredict takes them.
    nargout : {1, 2}, default 2

    Returns
    -------
    label : Label, or for several images Labels
        A text that is an index, too: ``scores[0, label]`` is its score. Its categories are the classes of the network.
    scores : numpy.ndarray of single, N×K

    Raises
    ------
    TypeError, ValueError
        If net is a dlnetwork, which has no class names, or another argument is outside of the values listed above.

    Notes
    -----
    MATLAB: ``[label,scores] = classify(net,X)``, ``score = scores(label)``

    Python: ``label, scores = classify(net, X)``, ``score = scores[0, label]``

    Differs: both outputs come unless ``nargout=1``; images are arrays, not datastores.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import DAGNetwork, imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> label, scores = classify(DAGNetwork(net, Classes=classNames), np.zeros((224, 224, 3)))
    >>> scores.shape, bool(scores[0, label] == scores[0].max())
    ((1, 1000), True)
    """
    if isinstance(net, dlnetwork):
        msg = (
            "classify takes a DAGNetwork or SeriesNetwork; a dlnetwork has no class names. In its place: "
            "scores2label(minibatchpredict(net, X), classNames)."
        )
        raise TypeError(msg)
    network = network_of(net)
    output = _output(network, X, NameValues.parse(nameValuePairs, options, _RUN_OPTIONS))
    scores = output.reshape(len(output), -1)
    names = net.Layers[-1].Classes
    if scores.shape[1] != len(names):
        msg = f"The output of net must have a score for each of its {len(names)} classes, but has {scores.shape[1]}."
        raise ValueError(msg)
    return outputs("classify", nargout, 2, label=_labels(scores, names.tolist())[0], scores=scores)


def activations(
    net: AnyNetwork, X: ImageLike, layerName: object, *nameValuePairs: object, **options: Unpack[ActivationsOptions]
) -> NDArray[np.float32]:
    """The output of a layer.

    Parameters
    ----------
    net : DAGNetwork or SeriesNetwork
    X : array_like, H×W×C or H×W for one image, H×W×C×N for several
    layerName : str
        The name of the layer, or its number counted from 1.
    OutputAs : {"channels", "rows", "columns"}, default "channels"
        "channels" keeps the axes, "rows" gives a row and "columns" a column for each image, in MATLAB's order of
        elements.
    MiniBatchSize, ExecutionEnvironment, Acceleration
        As minibatchpredict takes them.

    Returns
    -------
    act : numpy.ndarray of single, h×w×c×N
        h×w×c for one image; 1×1×c for a layer without spatial positions.

    Raises
    ------
    TypeError, ValueError
        If net is a dlnetwork, or another argument is outside of the values listed above.

    Notes
    -----
    MATLAB: ``act = activations(net,X,"relu5")``

    Python: ``act = activations(net, X, "relu5")``

    Differs: layers are the nodes of the ONNX file, under its names.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import DAGNetwork, imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> activations(DAGNetwork(net, Classes=classNames), np.zeros((224, 224, 3)), "logits").shape
    (1, 1, 1000)
    """
    network_of(net)
    if isinstance(net, dlnetwork):
        msg = (
            "activations takes a DAGNetwork or SeriesNetwork; those of a dlnetwork are "
            "minibatchpredict(net, X, Outputs=layerName)."
        )
        raise TypeError(msg)
    given = NameValues.parse(nameValuePairs, options, ("OutputAs", *_RUN_OPTIONS))
    kind = given.read("OutputAs", "channels", text_choice, ("channels", "rows", "columns"))
    output = _output(_scoring(net, "layerName", layerName), X, given)
    spatial = output.shape[2:]
    shaped = np.moveaxis(output.reshape(*output.shape[:2], *([1] * (2 - len(spatial))), *spatial), (0, 1), (-1, -2))
    if kind == "channels":
        return np.ascontiguousarray(shaped[..., 0] if len(output) == 1 else shaped)
    columns = shaped.reshape(-1, len(output), order="F")
    return np.ascontiguousarray(columns.T if kind == "rows" else columns)


def scores2label(scores: ArrayLike, classNames: ArrayLike, *, nargout: object = None) -> Any:
    """The class of the largest score, and that score.

    Parameters
    ----------
    scores : array_like, shape (N, K) or (K,)
    classNames : sequence of str, length K
    nargout : {1, 2}, default 2

    Returns
    -------
    label : Label (a str), or Labels (an array of text) with N elements
        A Label is an index, too: ``scores[0, label]`` is its score.
    score : single, or numpy.ndarray of single with N elements

    Raises
    ------
    TypeError, ValueError
        If classNames are no texts, or their number is not that of the columns of `scores`.

    Notes
    -----
    MATLAB: ``[label,score] = scores2label(scores,classNames)``

    Python: ``label, score = scores2label(scores, classNames)``

    Differs: both outputs come unless ``nargout=1``: ``YPred = scores2label(scores, classNames, nargout=1)``.

    Examples
    --------
    >>> label, score = scores2label([[0.1, 0.9]], ["mug", "cup"])
    >>> print(label, score)
    cup 0.9
    """
    table = np.atleast_2d(real_array("scores", scores))
    names = texts_in(classNames)
    if names is None:
        msg = f"classNames must be a vector of text, but is {shown(classNames)}."
        raise TypeError(msg)
    if table.ndim != 2 or table.shape[1] != len(names):
        msg = f"scores must have a column for each of the {len(names)} classNames, but has shape {table.shape}."
        raise ValueError(msg)
    label, score = _labels(table, names)
    return outputs("scores2label", nargout, 2, label=label, score=score)


def _labels(scores: NDArray[Any], names: Sequence[str]) -> tuple[Label | Labels, Any]:
    """The class of the largest score of each row, and that score; of a single row, as single values."""
    # NaN is no score.
    best = np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1)
    largest = scores[np.arange(len(scores)), best]
    if len(scores) == 1:
        return Label(names[best[0]], names, place=int(best[0])), largest[0]
    return Labels(np.array(names)[best], names), largest


def _scoring(net: AnyNetwork, name: str, layer: object, *, by_number: bool = True) -> Network:
    """The network with that layer scored."""
    layer_name = as_text(layer)
    if layer_name is None and by_number:
        number = positive_integer(name, layer)
        if number > len(net.Layers):
            raise ValueError(expected(name, f"a layer's name, or its number of 1 to {len(net.Layers)}", layer))
        layer_name = net.Layers[number - 1].Name
    if layer_name is None:
        raise TypeError(expected(name, "the name of a layer", layer))
    return net.scoring(layer_name, name)


def _output(network: Network, X: ImageLike, given: NameValues) -> NDArray[np.float32]:
    """The output for one image or several, N×K×…, on the host."""
    most = given.read("MiniBatchSize", DEFAULT_MINI_BATCH_SIZE, positive_integer)
    given.read("Acceleration", "auto", text_choice, ("auto", "mex", "none"))
    environment = given.read("ExecutionEnvironment", "auto", text_choice, ("auto", "gpu", "cpu"))
    network = network.on(device_of(X))
    if environment == "gpu":
        network = network_in(network, cast(Environment, environment), given.typed("ExecutionEnvironment"))
    array = real_array("X", X)
    if array.ndim in (2, 3):
        array = array.reshape(*array.shape, *[1] * (4 - array.ndim))
    if array.ndim != 4 or array.shape[3] == 0:
        msg = f"X must be images, H×W×C×N, but has shape {array.shape}."
        raise ValueError(msg)
    images = _Images(network, array)
    parts = in_mini_batches(images.prepared, len(images), most, network.device, network.device.largest_run(images[0]))
    output: NDArray[np.float32] = network.device.to_host(np.concatenate([found for _, found in parts]))
    return output


class _Images:
    """Images as typed, H×W×C×N, arranged for a network when their turn comes."""

    def __init__(self, network: Network, images: NDArray[Any]) -> None:
        self._network = network
        self._images = images

    def __len__(self) -> int:
        return int(self._images.shape[3])

    def __getitem__(self, k: int) -> DeviceArray:
        try:
            image: Image = checked_image(self._images[..., k], self._network.input_size)
        except ValueError as error:
            msg = f"X must be images, H×W×C×N; of image {k + 1} of {len(self)}: {error}"
            raise ValueError(msg) from error
        return self._network.arranged(image)

    def samples(self) -> list[DeviceArray]:
        return [self[k] for k in range(min(len(self), _MOST_SAMPLES))]

    def prepared(self, runs: int, sizes: Collection[int]) -> Callable[[slice], DeviceArray]:
        if max(sizes) > 1:
            self._network.try_together(self[0], self.samples, sizes)

        def outputs(part: slice) -> DeviceArray:
            return self._network.run(np.stack([self[k] for k in range(part.start, part.stop)]))

        return outputs
