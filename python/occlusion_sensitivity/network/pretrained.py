"""imagePretrainedNetwork: the network that comes with the package, and its class names."""

import copy
import functools
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from ..arguments import text_choice
from .dlnetwork import dlnetwork, importNetworkFromONNX

NAMES = ("efficientnet-lite0",)


def imagePretrainedNetwork(name: str = "efficientnet-lite0") -> tuple[dlnetwork, NDArray[np.str_]]:
    """A pretrained image classifier and the names of its classes.

    Parameters
    ----------
    name : {"efficientnet-lite0"}, default "efficientnet-lite0"
        EfficientNet-Lite0, trained on ImageNet-1k, comes with the package. It takes 224×224×3 RGB images of 0…255
        and gives 1000 softmax scores.

    Returns
    -------
    net : dlnetwork
        All calls share one session: the file is read once.
    classNames : numpy.ndarray of str, shape (1000,)
        In the order of the output channels: channel k (1-based) is ``classNames[k - 1]``.

    Raises
    ------
    ValueError
        If there is no network of that name.
    ImportError
        If ONNX Runtime is missing, or installed twice.

    Notes
    -----
    Source: MathWorks' function of the same name; origin and licences of the data are in NOTICE.

    Examples
    --------
    >>> net, classNames = imagePretrainedNetwork()
    >>> str(classNames[967])
    'espresso'
    """
    net, class_names = _loaded(text_choice("name", name, NAMES))
    # An object of one's own, so that setting its OutputNames changes nobody else's.
    return copy.copy(net), class_names


@functools.cache
def _loaded(name: str) -> tuple[dlnetwork, NDArray[np.str_]]:
    data = files("occlusion_sensitivity") / "data"
    with as_file(data / f"{name}.onnx") as file:
        net = importNetworkFromONNX(file)
    class_names = np.array((data / "imagenet1k_classes.txt").read_text(encoding="utf-8").splitlines())
    class_names.flags.writeable = False
    return net, class_names
