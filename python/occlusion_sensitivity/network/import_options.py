"""The options of MATLAB's importers: what they say of the file is checked, what they choose is honoured."""

import re

from ..arguments import as_text, expected, positive_integers, size_text, text_choice, texts_in, truth
from ..images import InputSize, fits
from ..name_values import NameValues
from .network import Network
from .session import TensorInfo

# Of importNetworkFromONNX, and with it of importONNXNetwork.
MATLAB_OPTIONS = (
    *("InputDataFormats", "OutputDataFormats", "Namespace", "PackageName", "FoldConstants", "GenerateCustomLayers"),
)
# Of importONNXNetwork alone.
CLASSIFIER_OPTIONS = ("TargetNetwork", "OutputLayerType", "Classes", "ClassNames", "ImageInputSize")

# Where the channels of an image tensor are, by MATLAB's name of its order of axes (B batch, C channel, S spatial).
CHANNEL_AXIS = {"BCSS": 1, "BSSC": 3}


def check_what_changes_nothing(options: NameValues) -> None:
    """Check options about the layers and files that MATLAB generates: nothing is generated here."""
    for name in ("Namespace", "PackageName"):
        if name in options and as_text(options.value(name)) is None:
            raise TypeError(expected(options.typed(name), "text", options.value(name)))
    options.read("FoldConstants", "deep", text_choice, ("deep", "shallow", "none"))
    options.read("GenerateCustomLayers", True, truth, "true or false")


def input_format(options: NameValues) -> str | None:
    """InputDataFormats; None where it is not given."""
    value = options.value("InputDataFormats")
    if value is None:
        return None
    formats = [text.upper() for text in texts_in(value) or []]
    if len(formats) != 1 or formats[0] not in CHANNEL_AXIS:
        raise ValueError(expected(options.typed("InputDataFormats"), " or ".join(CHANNEL_AXIS), value))
    return formats[0]


def check_output_formats(options: NameValues, network: Network) -> None:
    """Raise ValueError unless OutputDataFormats say of each output what the file has."""
    value = options.value("OutputDataFormats")
    if value is None:
        return
    name = options.typed("OutputDataFormats")
    formats = texts_in(value)
    if formats is None:
        raise TypeError(expected(name, "text, one for each output", value))
    own = [_format_of(network, output) for output in network.outputs]
    patterns = [found.replace("…", "S*") for found in own]
    if len(formats) != len(own) or not all(map(re.fullmatch, patterns, map(str.upper, formats))):
        raise ValueError(expected(name, f"as the file has it ({' and '.join(own)})", value))


def image_size(options: NameValues, own: InputSize) -> InputSize:
    """ImageInputSize, which a file that takes images of any size leaves open; that of the file where none is given."""
    value = options.value("ImageInputSize")
    if value is None:
        return own
    name, allowed = options.typed("ImageInputSize"), "[height width] or [height width channels]"
    size = positive_integers(name, value, allowed)
    if len(size) not in (2, 3):
        raise ValueError(expected(name, allowed, value))
    height, width, channels = (*size, 1)[:3]
    if not fits((height, width, channels), own):
        raise ValueError(expected(name, f"{size_text(own)}, the input size of the file", value))
    return height, width, channels


def is_dlnetwork_wanted(options: NameValues) -> bool:
    """TargetNetwork; what only classifiers have may be asked for of a classifier alone."""
    target = options.read("TargetNetwork", "dagnetwork", text_choice, ("dagnetwork", "dlnetwork"))
    kinds = ("classification", "regression", "pixelclassification")
    kind = options.read("OutputLayerType", "classification", text_choice, kinds)
    if target == "dlnetwork":
        for name in ("Classes", "ClassNames"):
            if name in options and not _is_default(options.value(name)):
                msg = (
                    f"{options.typed(name)} must not be given for a dlnetwork, which has no class names "
                    f"({options.typed('TargetNetwork')} is 'dlnetwork')."
                )
                raise ValueError(msg)
    elif kind != "classification":
        msg = (
            f'{options.typed("OutputLayerType")} must be "classification", but is {kind!r}: a DAGNetwork here is a '
            "classifier. importNetworkFromONNX gives a dlnetwork, which has no classes."
        )
        raise ValueError(msg)
    return target == "dlnetwork"


def class_names(options: NameValues) -> tuple[str, object]:
    """Classes, under the name as typed; None where they are not given, or "auto"."""
    if "Classes" in options and "ClassNames" in options:
        first, second = (options.typed(name) for name in ("Classes", "ClassNames"))
        msg = f"{first} and {second} must not both be given: ClassNames is the older name of Classes."
        raise ValueError(msg)
    name = "ClassNames" if "ClassNames" in options else "Classes"
    value = options.value(name)
    return options.typed(name), None if _is_default(value) else value


def _is_default(value: object) -> bool:
    return value is None or (as_text(value) or "").lower() == "auto"


def _format_of(network: Network, output: TensorInfo) -> str:
    """MATLAB's name of the order of an output's axes; with "…" where the file leaves open how many are spatial."""
    if len(output.shape) == 1:
        return "B"
    spatial = "S" * (len(output.shape) - 2) if output.shape else "…"
    return f"BC{spatial}" if network.is_channels_first(output) else f"B{spatial}C"
