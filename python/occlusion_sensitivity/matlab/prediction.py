"""Running networks and reading their scores, as functions."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import positive_integer, shown, texts_in
from ..calls import AnyNetwork, network_of
from ..devices import DeviceArray, device_of
from ..images import Image, checked_image
from ..mini_batches import in_mini_batches
from ..name_values import NameValues
from ..network.network import Network
from ..options import DEFAULT_MINI_BATCH_SIZE
from .arrays import real_array

# Of the images, to see whether they influence each other.
_MOST_SAMPLES = 6


def predict(net: AnyNetwork, X: ArrayLike) -> NDArray[np.float32]:
    """The network's output for one image; see ``dlnetwork.predict``.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> predict(net, np.float32(np.zeros((224, 224, 3)))).shape
    (1, 1000)
    """
    network_of(net)
    return net.predict(X)


def forward(net: AnyNetwork, X: ArrayLike) -> NDArray[np.float32]:
    """The same as :func:`predict`: ONNX files hold trained networks, which here are never in training.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> forward(net, np.float32(np.zeros((224, 224, 3)))).shape
    (1, 1000)
    """
    return predict(net, X)


def minibatchpredict(net: AnyNetwork, X: ArrayLike, *nameValuePairs: object, **options: object) -> NDArray[np.float32]:
    """The network's outputs for several images.

    Parameters
    ----------
    net : dlnetwork
    X : array_like, H×W×C×N, or H×W×C for one image
        A gpuArray goes through the network on its GPU; the scores come to the host.
    MiniBatchSize : int, default 128
        The most images that go through the network at once.

    Returns
    -------
    scores : numpy.ndarray of single, shape (N, K)
        For a spatial output, rows×columns×K×N.

    Raises
    ------
    TypeError, ValueError
        If X is of another class or size, or an option outside the values listed above.

    Examples
    --------
    >>> from occlusion_sensitivity.matlab import imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> minibatchpredict(net, np.zeros((224, 224, 3, 2))).shape
    (2, 1000)
    """
    network = network_of(net).on(device_of(X))
    given = NameValues.parse(nameValuePairs, options, ("MiniBatchSize",))
    most = given.read("MiniBatchSize", DEFAULT_MINI_BATCH_SIZE, positive_integer)
    array = real_array("X", X)
    if array.ndim in (2, 3):
        array = array.reshape(*array.shape, *[1] * (4 - array.ndim))
    if array.ndim != 4 or array.shape[3] == 0:
        msg = f"X must be images, H×W×C×N, but has shape {array.shape}."
        raise ValueError(msg)
    images = _Images(network, array)
    parts = in_mini_batches(images.prepared, len(images), most, network.device, images[0])
    output = network.device.to_host(np.concatenate([found for _, found in parts]))
    if output[0, 0].size == 1:
        return output.reshape(len(output), -1)
    return np.ascontiguousarray(np.moveaxis(output, (0, 1), (-1, -2)))


def scores2label(scores: ArrayLike, classNames: ArrayLike) -> tuple[Any, Any]:
    """The class of the largest score, and that score.

    Parameters
    ----------
    scores : array_like, shape (N, K) or (K,)
    classNames : sequence of str, length K

    Returns
    -------
    label : str, or numpy.ndarray of str with N elements
    score : single, or numpy.ndarray of single with N elements

    Raises
    ------
    TypeError, ValueError
        If classNames are no texts, or their number is not that of the columns of `scores`.

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
    # NaN is no score.
    best = np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
    labels, largest = np.array(names)[best], table[np.arange(len(table)), best]
    return (str(labels[0]), largest[0]) if len(table) == 1 else (labels, largest)


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
