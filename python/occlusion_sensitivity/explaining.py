"""explain: from a photograph to what a network sees in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import channel_in_any_case, expected, positive_integer, positive_integers, shown, texts_in
from .calls import AnyNetwork, network_of
from .explanation import Explanation
from .files import sha256
from .images import ImageLike, checked_image
from .mini_batches import Progress
from .name_values import NameValues
from .network.layers import ImageInputLayer
from .network.legacy import DAGNetwork
from .network.network import Network
from .network.pretrained import imagePretrainedNetwork
from .notices import warn_user
from .occlusion import occlusion_of
from .option_types import Numbers, OcclusionSensitivityOptions, Texts
from .options import OPTION_NAMES
from .preprocessing import Preprocessing, doubt, network_image, photograph_of, totals_of
from .progress import shown_progress

# Those of explain itself, beside the options of occlusionSensitivity.
OWN_NAMES = ("channel", "label", "top", "fit", "pixel_range", "mean", "std", "layer")


def explain(
    photograph: ImageLike | str | os.PathLike[str],
    net: AnyNetwork | None = None,
    classNames: Texts | None = None,
    *,
    channel: Numbers | None = None,
    label: Texts | None = None,
    top: int | np.integer[Any] | None = None,
    fit: Literal["squash", "crop"] | None = None,
    pixel_range: float | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    layer: str | None = None,
    progress: bool | Progress | None = None,
    **options: Unpack[OcclusionSensitivityOptions],
) -> Explanation:
    """Explain what a network sees in a photograph: occlusionSensitivity, from the file to the picture.

    Parameters
    ----------
    photograph : str, os.PathLike, PIL.Image.Image or array_like H×W or H×W×C
        A picture file, turned upright as its EXIF says; an image of Pillow's; or pixels. uint8 and uint16 are pictures;
        an array of another class is taken as it is, in the values that the network takes.
    net : dlnetwork, DAGNetwork or SeriesNetwork, default EfficientNet-Lite0 with the classes of ImageNet
    classNames : array_like of str, optional
        The names of the output channels, in their order. By default those that net has, else "channel 1", ….
    channel : int or vector of int, optional
        The output channels to explain, from 1.
    label : str or vector of str, optional
        The classes to explain, by their names, in any case.
    top : int, default 1
        How many of the classes with the highest scores are explained, where neither channel nor label is given.
    fit : {"squash", "crop"}, default "squash"
        How the photograph becomes the network's image: all of it, whatever its aspect, as MATLAB's scripts do it; or
        the largest part in its middle that has the aspect of the network's input.
    pixel_range : float, default 255
        Pixels of 0…255 become 0…pixel_range. It is the unit of MaskValue, mean and std.
    mean, std : float or vector of float, optional
        What is taken off each channel then, and what it is divided by; instead of the normalisation of net's input
        layer.
    layer : str, optional
        The layer that is scored, instead of net's output.
    progress : bool or callable, default False
        Whether a bar is shown; or what is called with how many of how many images are done.
    **options
        Of :func:`occlusionSensitivity`: MaskSize, Stride, MaskValue, OutputUpsampling, MaskClipping, MiniBatchSize,
        ExecutionEnvironment. All classes are explained in the same runs of the network.

    Returns
    -------
    explanation : Explanation
        Its `map` is what occlusionSensitivity gives for the network's image. It draws, saves, and becomes a page.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If the file is no picture, or a film; if an argument is outside the values listed above.
    ImportError
        If Pillow or ONNX Runtime is missing.
    RuntimeError
        If the network fails.

    Warns
    -----
    RuntimeWarning
        If the values of the photograph hardly fit what the network takes; the warning names what mends it.

    Notes
    -----
    This function is this package's own; MATLAB has none like it.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.zeros((60, 80, 3), dtype=np.uint8)
    >>> X[20:40, 30:60] = 200
    >>> result = explain(X, channel=[1, 2], Stride=56)
    >>> result.classes, result.map.shape, result.grid.shape
    (['tench', 'goldfish'], (224, 224, 2), (4, 4, 2))
    >>> result.save("no such folder/map.png")
    Traceback (most recent call last):
    ...
    FileNotFoundError: file: there is no folder 'no such folder'.
    """
    values = (channel, label, top, fit, pixel_range, mean, std, layer)
    own = NameValues.of({name: value for name, value in zip(OWN_NAMES, values, strict=True) if value is not None})
    given = NameValues.parse((), options, OPTION_NAMES)
    return explained(photograph, net, classNames, own, given, progress)


def explained(
    photograph: Any,
    net: AnyNetwork | None,
    class_names: ArrayLike | None,
    own: NameValues,
    given: NameValues,
    progress: bool | Progress | None,
    names_typed: str = "classNames",
) -> Explanation:
    """explain with its arguments sorted; errors name the class names as they are typed."""
    if net is None:
        net, embedded_names = imagePretrainedNetwork()
        class_names = embedded_names if class_names is None else class_names
    preprocessing = Preprocessing.parse(own)
    network, layer = network_and_layer(net, own)
    network, layer = preprocessing.normalizing(network, layer, own)
    pixels = photograph_of(photograph)
    frame, picture, image = network_image(pixels, network.input_size, preprocessing)
    single = checked_image(image, network.input_size)
    totals = totals_of(network, single)
    names = names_of(net, class_names, len(totals), names_typed, own)
    asked = asked_for(own, names)
    channels = best(totals, asked) if isinstance(asked, int) else asked
    unfit = doubt(network, layer, single, totals, own)
    if unfit is not None:
        warn_user(unfit)
    with shown_progress(progress) as bar:
        occlusion = occlusion_of(network, image, channels, given, bar)
    score_map, drops = occlusion.score_map(), occlusion.device.to_host(occlusion.drops)
    one = len(channels) == 1
    return Explanation(
        map=score_map[..., 0] if one else score_map,
        grid=drops[..., 0] if one else drops,
        classes=[names[channel - 1] for channel in channels],
        channels=channels,
        scores=totals[np.array(channels) - 1],
        photograph=pixels,
        name=_name_of(photograph),
        sha256=sha256(Path(photograph)) if isinstance(photograph, str | os.PathLike) else None,
        image=picture,
        mask_grid=occlusion.grid,
        frame=frame,
        network=network,
        options=occlusion.options,
        preprocessing=preprocessing,
        all_scores=totals,
        all_classes=names,
    )


def network_and_layer(net: AnyNetwork, own: NameValues) -> tuple[Network, ImageInputLayer]:
    """The network that is scored, and its input layer."""
    network = network_of(net)
    layer = own.value("layer")
    if layer is not None:
        if not isinstance(layer, str):
            raise TypeError(expected(own.typed("layer"), "the name of a layer", layer))
        network = net.scoring(layer, own.typed("layer"))
    first = net.Layers[0]
    assert isinstance(first, ImageInputLayer)
    return network, first


def names_of(
    net: AnyNetwork, class_names: ArrayLike | None, count: int, names_typed: str, own: NameValues
) -> Sequence[str]:
    """A name for each channel; its number where they have none, and no label asks for one."""
    names = _known_names(net, class_names, count, names_typed.split()[0], own)
    if names is None and "label" in own:
        label = own.value("label")
        label = label[0] if isinstance(label, list) and len(label) == 1 else label
        msg = f"{own.typed('label')} {shown(label)} needs the names of the channels: {names_typed}."
        raise ValueError(msg)
    return names or [f"channel {k}" for k in range(1, count + 1)]


def _known_names(
    net: AnyNetwork, class_names: ArrayLike | None, count: int, typed: str, own: NameValues
) -> Sequence[str] | None:
    """A name for each channel; None where they have none."""
    if class_names is None and isinstance(net, DAGNetwork) and "layer" not in own:
        class_names = net.Layers[-1].Classes
    if class_names is None:
        return None
    names = texts_in(class_names)
    if names is None:
        raise TypeError(expected(typed, "texts, one for each channel", class_names))
    if len(names) != count:
        if "layer" in own:  # whose channels are no classes
            return None
        msg = f"{typed} must hold a name for each of the {count} channels, but holds {len(names)}."
        raise ValueError(msg)
    return [str(name) for name in names]


def asked_for(own: NameValues, names: Sequence[str]) -> int | list[int]:
    """What is to be explained: so many of the best classes of a photograph, or these channels, from 1."""
    given = [name for name in ("channel", "label", "top") if name in own]
    if len(given) > 1:
        msg = f"One of {', '.join(map(own.typed, given))} says what is explained; {len(given)} are given."
        raise ValueError(msg)
    if "channel" in own:
        allowed = f"an integer from 1 to {len(names)}, or several"
        channels = own.read("channel", None, positive_integers, allowed)
        if max(channels) > len(names):
            raise ValueError(expected(own.typed("channel"), allowed, own.value("channel")))
        return list(channels)
    if "label" in own:
        return _labelled(own, names)
    top = own.read("top", 1, positive_integer)
    if top > len(names):
        raise ValueError(expected(own.typed("top"), f"an integer from 1 to {len(names)}", top))
    return top


def best(totals: NDArray[np.float64], count: int) -> list[int]:
    """The channels with the highest scores, from 1."""
    return [int(k) + 1 for k in np.argsort(-totals, kind="stable")[:count]]


def _labelled(own: NameValues, names: Sequence[str]) -> list[int]:
    typed, value = own.typed("label"), own.value("label")
    labels = texts_in(value)
    if labels is None:
        raise TypeError(expected(typed, "a class name or several", value))
    way = "--channel K" if typed.startswith("--") else "channels=k" if typed == "channels" else "channel=k"
    return [channel_in_any_case(typed, text, names, f"{way} chooses one") for text in labels]


def _name_of(photograph: Any) -> str:
    file = photograph if isinstance(photograph, str | os.PathLike) else getattr(photograph, "filename", "")
    return Path(file).name if isinstance(file, str | os.PathLike) and os.fspath(file) else "photograph"
