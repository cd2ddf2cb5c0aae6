"""Networks: those of files, those that are published, and their objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, Unpack

from ..arguments import begins, text_choice
from ..name_values import NameValues
from ..network.dlnetwork import dlnetwork, importNetworkFromONNX
from ..network.layers import imageInputLayer
from ..network.legacy import DAGNetwork, SeriesNetwork, dag2dlnetwork, importONNXNetwork
from ..network.pretrained import imagePretrainedNetwork
from ..occlusion import occlusionSensitivity
from ..option_types import PretrainedOptions

__all__ = [
    "DAGNetwork",
    "SeriesNetwork",
    "alexnet",
    "dag2dlnetwork",
    "dlnetwork",
    "googlenet",
    "imageInputLayer",
    "imagePretrainedNetwork",
    "importNetworkFromONNX",
    "importONNXNetwork",
    "mobilenetv2",
    "occlusionSensitivity",
    "resnet18",
    "resnet50",
    "resnet101",
    "squeezenet",
    "vgg16",
    "vgg19",
]


def alexnet(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> SeriesNetwork:
    """AlexNet, for the 1000 classes of ImageNet, downloaded once.

    The file is that of :func:`~occlusion_sensitivity.imagePretrainedNetwork`.

    Parameters
    ----------
    Weights : "imagenet", optional
        The only ones that there are.

    Returns
    -------
    net : SeriesNetwork
        With the names of its classes: ``net.Layers[-1].Classes``.

    Raises
    ------
    ValueError, RuntimeError, ImportError
        If other weights are asked for; as imagePretrainedNetwork.

    Notes
    -----
    MATLAB: ``net = alexnet``

    Python: ``net = alexnet()``

    Differs: the weights are those of the ONNX Model Zoo; it takes 224×224 pictures, where MATLAB's takes 227×227.

    Examples
    --------
    >>> alexnet(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(SeriesNetwork, "alexnet", nameValuePairs, options)


def googlenet(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> DAGNetwork:
    """GoogLeNet, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = googlenet``

    Python: ``net = googlenet()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> googlenet(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(DAGNetwork, "googlenet", nameValuePairs, options)


def mobilenetv2(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> DAGNetwork:
    """MobileNetV2, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = mobilenetv2``

    Python: ``net = mobilenetv2()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> mobilenetv2(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(DAGNetwork, "mobilenetv2", nameValuePairs, options)


def resnet18(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> DAGNetwork:
    """ResNet-18, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = resnet18``

    Python: ``net = resnet18()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> resnet18(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(DAGNetwork, "resnet18", nameValuePairs, options)


def resnet50(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> DAGNetwork:
    """ResNet-50, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = resnet50``

    Python: ``net = resnet50()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> resnet50(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(DAGNetwork, "resnet50", nameValuePairs, options)


def resnet101(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> DAGNetwork:
    """ResNet-101, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = resnet101``

    Python: ``net = resnet101()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> resnet101(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(DAGNetwork, "resnet101", nameValuePairs, options)


def squeezenet(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> DAGNetwork:
    """SqueezeNet 1.1, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = squeezenet``

    Python: ``net = squeezenet()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> squeezenet(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(DAGNetwork, "squeezenet", nameValuePairs, options)


def vgg16(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> SeriesNetwork:
    """VGG-16, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = vgg16``

    Python: ``net = vgg16()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> vgg16(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(SeriesNetwork, "vgg16", nameValuePairs, options)


def vgg19(*nameValuePairs: object, **options: Unpack[PretrainedOptions]) -> SeriesNetwork:
    """VGG-19, for the 1000 classes of ImageNet, downloaded once; see :func:`alexnet`.

    Notes
    -----
    MATLAB: ``net = vgg19``

    Python: ``net = vgg19()``

    Differs: the weights are those of the ONNX Model Zoo.

    Examples
    --------
    >>> vgg19(Weights="none")
    Traceback (most recent call last):
    ...
    ValueError: Weights must be one of imagenet, but is 'none'.
    """
    return _classifier(SeriesNetwork, "vgg19", nameValuePairs, options)


_Classifier = TypeVar("_Classifier", bound=DAGNetwork)


def _classifier(
    kind: type[_Classifier], name: str, pairs: tuple[object, ...], options: Mapping[str, object]
) -> _Classifier:
    """The published network with the names of its classes."""
    # MATLAB also takes the weights alone, as the first argument.
    alone = len(pairs) == 1 and not begins(pairs[0], ("Weights",))
    named = ("Weights", *pairs) if alone else pairs
    NameValues.parse(named, options, ("Weights",)).read("Weights", "imagenet", text_choice, ("imagenet",))
    net, class_names = imagePretrainedNetwork(name)
    return kind(net, Classes=class_names)
