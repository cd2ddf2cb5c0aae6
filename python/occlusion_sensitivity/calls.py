"""MATLAB's call syntaxes for networks → the network, and what to score of it."""

from numpy.typing import ArrayLike

from .arguments import as_text, expected, shown, texts_in
from .network.dlnetwork import dlnetwork
from .network.legacy import DAGNetwork
from .network.network import Network

AnyNetwork = dlnetwork | DAGNetwork


def network_of(net: AnyNetwork) -> Network:
    """The network behind MATLAB's object; TypeError where `net` is none."""
    if not isinstance(net, dlnetwork | DAGNetwork):
        msg = (
            "net must be a dlnetwork (importNetworkFromONNX reads one from a file), a DAGNetwork or a SeriesNetwork, "
            f"but is {shown(net)}."
        )
        raise TypeError(msg)
    return net.network


def scored_channels(
    net: AnyNetwork, target: ArrayLike, rest: tuple[object, ...]
) -> tuple[Network, ArrayLike, tuple[object, ...]]:
    """The three syntaxes of occlusionSensitivity as one: the network, channelIdx, the name-value pairs that follow.

    (dlnetwork, X, channelIdx, …)   (DAGNetwork, X, label, …)   (DAGNetwork, X, layerName, channelIdx, …)
    """
    network, channels, pairs = network_of(net), target, rest
    if isinstance(net, DAGNetwork):
        if rest and as_text(rest[0]) is None:
            layer_name = as_text(target)
            if layer_name is None:
                raise TypeError(expected("layerName", "the name of a layer", target))
            network, channels, pairs = net.scoring(layer_name), rest[0], rest[1:]  # type: ignore[assignment]
        elif texts_in(target) is None:
            msg = (
                f"A {type(net).__name__} takes a class name, or a layer name and channelIdx, but got {shown(target)}. "
                "dag2dlnetwork(net) takes channelIdx alone."
            )
            raise TypeError(msg)
        else:
            channels = net.channels_of(target)
    labels = texts_in(channels)
    if labels is not None:
        several = as_text(channels) is None and len(labels) > 1
        what, way = (
            (f"labels {shown(labels)}", "[find(string(label) == classNames) for label in labels] are they")
            if several
            else (f"label {shown(labels[0])}", "find(string(label) == classNames) is it")
        )
        msg = (
            f"channelIdx must be the number of an output channel, but is the {what}: a dlnetwork has no class names. "
            f"With the class names in channel order, {way}. A layer is chosen by net.OutputNames = layerName."
        )
        raise TypeError(msg)
    return network, channels, pairs
