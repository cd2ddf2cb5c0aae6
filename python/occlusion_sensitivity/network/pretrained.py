"""imagePretrainedNetwork: the network that comes with the package, those that are downloaded, and their class names."""

from __future__ import annotations

import copy
import functools
from importlib.resources import as_file, files
from typing import Unpack

from ..arguments import text_choice
from ..name_values import NameValues
from ..option_types import InferenceOptions
from ..strings import StringArray
from .dlnetwork import dlnetwork, importNetworkFromONNX
from .network import INFERENCES
from .published import EMBEDDED, NETWORKS, classifier_file

NAMES = (EMBEDDED, *NETWORKS)


def imagePretrainedNetwork(
    name: str = EMBEDDED, *nameValuePairs: object, **options: Unpack[InferenceOptions]
) -> tuple[dlnetwork, StringArray]:
    """A pretrained image classifier and the names of its classes.

    Parameters
    ----------
    name : str, default "efficientnet-lite0"
        EfficientNet-Lite0 comes with the package. "alexnet", "googlenet", "mobilenetv2", "resnet18", "resnet50",
        "resnet101", "squeezenet", "vgg16" and "vgg19" are downloaded from the ONNX Model Zoo's mirror when they are
        first asked for, checked by their SHA-256, and kept in the user's cache. All take 224×224×3 RGB images of 0…255
        and give the softmax scores of the 1000 classes of ImageNet-1k.
    Inference : {"exhaustive", "incremental"}, default "exhaustive"
        This package's own. As of importNetworkFromONNX.

    Returns
    -------
    net : dlnetwork
        All calls share one session: the file is read once.
    classNames : StringArray (a NumPy array of text), shape (1000,)
        In the order of the output channels: channel k (1-based) is ``classNames[k - 1]``.

    Raises
    ------
    ValueError
        If there is no network of that name, or Inference is none of the values listed above.
    RuntimeError
        If the network cannot be downloaded, or what came is not the published file.
    ImportError
        If ONNX Runtime is missing, or installed twice; if pooch is missing, for a download.

    Notes
    -----
    MATLAB: ``[net,classNames] = imagePretrainedNetwork("squeezenet")``

    Python: ``net, classNames = imagePretrainedNetwork("squeezenet")``

    Differs: the network without a name is EfficientNet-Lite0, which MATLAB does not have; the others are the published
    ONNX files, not MathWorks' own weights. Source: MathWorks' function of the same name; origin and licences of the
    data are in NOTICE.

    Examples
    --------
    >>> net, classNames = imagePretrainedNetwork()
    >>> str(classNames[967])
    'espresso'
    """
    net, class_names = _loaded(text_choice("name", name, NAMES))
    given = NameValues.parse(nameValuePairs, options, ("Inference",))
    # An object of one's own, so that setting its OutputNames changes nobody else's.
    net = copy.copy(net)
    net.network = net.network.inferring(given.read("Inference", "exhaustive", text_choice, INFERENCES))
    return net, class_names


@functools.cache
def _loaded(name: str) -> tuple[dlnetwork, StringArray]:
    data = files("occlusion_sensitivity") / "data"
    if name == EMBEDDED:
        with as_file(data / f"{name}.onnx") as file:
            net = importNetworkFromONNX(file)
    else:
        net = importNetworkFromONNX(classifier_file(name), InputLayer=NETWORKS[name].input_layer())
    return net, imagenet_classes()


@functools.cache
def imagenet_classes() -> StringArray:
    """The names of the 1000 classes of ImageNet-1k, in the order of the channels."""
    file = files("occlusion_sensitivity") / "data" / "imagenet1k_classes.txt"
    class_names = StringArray(file.read_text(encoding="utf-8").splitlines())
    class_names.flags.writeable = False
    return class_names
