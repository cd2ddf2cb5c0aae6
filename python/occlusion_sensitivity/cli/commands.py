"""What the commands do: demo, explain, explain-all, show, plan, parity, info."""

import argparse
import itertools
import re
import sys
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import inference
from ..about import about
from ..arguments import existing_file, expected, positive_integer, positive_integers, size_text, text_choice
from ..calls import AnyNetwork
from ..drawings import OPTION_NAMES, Drawing, encoded
from ..explaining import OWN_NAMES, explained, network_and_layer
from ..explanation import Explanation
from ..files import sha256, write_named
from ..grid import mask_grid
from ..incremental.divided import NotDivisibleError
from ..incremental.outline import Outline
from ..incremental.picture import plan_figure
from ..lettering import score_text
from ..name_values import NameValues, Option
from ..network.dlnetwork import imported
from ..network.network import INFERENCES, Network
from ..network.pretrained import NAMES, imagenet_classes, imagePretrainedNetwork
from ..network.published import EMBEDDED
from ..options import OcclusionOptions
from ..outputs import PAGES, check_holds, checked_output
from ..pictures import written_in_png
from ..plotting import FORMATS, PHOTOGRAPH, encoded_figure
from ..progress import progress_bar

if TYPE_CHECKING:
    from ..many import Maps

# The exit status where there is a map of some images, and of others an error.
SOME_FAILED = 3
# So many failures are told one by one.
_FEW = 20
# Option of the command line → option of occlusionSensitivity, of explain, of a drawing
_OPTIONS = {
    "--mask-size": "MaskSize",
    "--stride": "Stride",
    "--mask-value": "MaskValue",
    "--upsampling": "OutputUpsampling",
    "--clipping": "MaskClipping",
    "--batch": "MiniBatchSize",
    "--device": "ExecutionEnvironment",
}
_OWN = {f"--{name.replace('_', '-')}": name for name in OWN_NAMES}
_DRAWING = {f"--{name.replace('_', '-')}": name for name in OPTION_NAMES}
_TEXTS = ("--upsampling", "--clipping", "--device", "--label", "--fit", "--layer", "--style", "--colormap", "--frame")


def demo(arguments: argparse.Namespace) -> None:
    output = checked_output("--output", arguments.output, NameValues())
    with as_file(files("occlusion_sensitivity") / "data" / "coffee.jpg") as photograph:
        _run(photograph, None, None, NameValues(), NameValues(), Drawing.parse(NameValues()), output)


def explain(arguments: argparse.Namespace) -> None:
    image = existing_file("IMAGE", arguments.image)
    options, own, drawing = (_given(arguments, names) for names in (_OPTIONS, _OWN, _DRAWING))
    how = Drawing.parse(drawing)
    inputs = [image, *(Path(file) for file in (arguments.network, arguments.classes) if file and Path(file).is_file())]
    typed = _default_output(image) if arguments.output is None else arguments.output
    output = checked_output("--output", typed, drawing, inputs)
    net, class_names = _network(arguments)
    _run(image, net, class_names, own, options, how, output)


def explain_all(arguments: argparse.Namespace) -> int:
    from ..many import images_explained, open_maps

    options, own = (_given(arguments, names) for names in (_OPTIONS, _OWN))
    net, class_names = _network(arguments)
    images = arguments.images[0] if len(arguments.images) == 1 else arguments.images
    client = arguments.scheduler
    if arguments.workers is not None:
        client = positive_integer("--workers", _numbers_in(arguments.workers))
    steps = None
    if arguments.faithfulness is not None:
        steps = positive_integer("--faithfulness", _numbers_in(arguments.faithfulness))
    typed = {
        "images": "FOLDER",
        "store": "--store",
        "client": "--scheduler",
        "classNames": "--classes FILE",
        "faithfulness": "--faithfulness",
    }
    try:
        maps = images_explained(
            *(net, images, arguments.store, class_names, own, options, steps, client, arguments.on_error),
            sys.stderr.isatty(),
            typed,
        )
    except KeyboardInterrupt:
        with suppress(Exception):  # before there is a store, there is nothing to say
            maps = open_maps(arguments.store)
            print(f"{len(maps.done)} of {len(maps)} maps are in {arguments.store}; the same command goes on.")
        raise
    failed = maps.failed
    for name, error in list(failed.items())[:_FEW]:
        print(f"{_printable(name)}: {_printable(error)}")
    if len(failed) > _FEW:
        print(f"… and {len(failed) - _FEW} more")
    print(_how_many(maps, arguments.store))
    return SOME_FAILED if failed else 0


def show(arguments: argparse.Namespace) -> int:
    from ..many import open_maps

    if arguments.images is not None and arguments.html is None:
        msg = "--images is for the page that --html writes."
        raise ValueError(msg)
    maps = open_maps(arguments.store)
    if arguments.html is not None:
        from ..many.sheet import write_sheet

        how = (arguments.html, arguments.images, sys.stderr.isatty(), "--html", "--images")
        pictures = write_sheet(maps, *how)
    for name, error in maps.failed.items():
        print(f"{_printable(name)}: {_printable(error)}")
    print(_how_many(maps, arguments.store))
    if arguments.html is not None:
        print(f"Written: {arguments.html}, with its pictures in {pictures}")
    return 0


def _how_many(maps: "Maps", store: str) -> str:
    """How many images have a map, and how many have none."""
    done, failed = len(maps.done), len(maps.failed)
    words = f"{done} of {len(maps)} maps are in {store}"
    return f"{words}; {failed} failed" if failed else words


def plan(arguments: argparse.Namespace) -> None:
    inputs = [Path(arguments.network)] if Path(arguments.network).is_file() else []
    output = None
    if arguments.output is not None:
        output = checked_output("--output", arguments.output, NameValues(), inputs, tuple(FORMATS))
    options = _given(arguments, {option: _OPTIONS[option] for option in ("--mask-size", "--stride", "--clipping")})
    net, _ = _network(arguments, "NETWORK")
    assert net is not None
    network, _ = network_and_layer(net, _given(arguments, {"--layer": "layer"}))
    network.scored()
    size = _image_size(arguments.image_size, network)
    how = OcclusionOptions.parse(options, np.zeros(size, dtype=np.float32))
    grid = mask_grid(how)
    name, masks = _printable(network.file.path.name), "×".join(map(str, grid.shape))
    title = f"{name}, images of {size_text(size)}, {masks} masks of {size_text(how.mask_size)}"
    try:
        outline = Outline.of(*inference.plan(network, (size[2], *size[:2]), grid.boxes))
    except NotDivisibleError as reason:
        print(f"{name} is evaluated exhaustively: {reason}.")
        if output is not None:
            print(f"There is nothing to draw: {output} is not written.")
        return
    if output is not None:
        write_named("--output", output, encoded_figure(plan_figure(outline, title), FORMATS[output.suffix.lower()]))
    print("\n".join([f"{title}, {size_text(how.stride)} apart", "", *outline.lines()]))
    print(f"Incremental inference is expected to be {outline.gain:.2f} times as fast as exhaustive evaluation.")
    if outline.gain < inference.LEAST_GAIN:
        print("That does not pay: maps are computed exhaustively.")
    if output is not None:
        print(f"Written: {output}")


def _image_size(typed: str | None, network: Network) -> tuple[int, int, int]:
    """Rows, columns and channels of the images of a network, which may take any."""
    rows, cols, channels = network.input_size
    if typed is not None:
        allowed = "pixels, rows,columns or rows,columns,channels of images that NETWORK takes"
        given = positive_integers("--image-size", _numbers_in(typed), allowed)
        size = (given[0], given[min(1, len(given) - 1)], *given[2:])
        if len(given) > 3 or any(own not in (None, n) for own, n in zip(network.input_size, size, strict=False)):
            raise ValueError(expected("--image-size", f"{allowed}, {size_text(network.input_size)}", typed))
        rows, cols, channels = size[0], size[1], size[2] if len(size) > 2 else channels
    if rows is None or cols is None:
        msg = "NETWORK takes images of any size: --image-size says which are meant."
        raise ValueError(msg)
    return rows, cols, channels or 3


def parity(arguments: argparse.Namespace) -> int:
    from ..parity import command

    page = None
    if arguments.html is not None:
        page = checked_output("--html", arguments.html, NameValues(), endings=PAGES)
    return command.run(arguments.cases, page, arguments.device, arguments.source)


def info(_: argparse.Namespace) -> None:
    found = about()
    width = max(len(name) for name, _ in found)
    for name, value in found:
        print(f"{name:>{width}}: {_printable(value)}")


def _run(
    image: Path,
    net: AnyNetwork | None,
    class_names: list[str] | None,
    own: NameValues,
    options: NameValues,
    how: Drawing,
    output: Path,
) -> None:
    """Compute, write the output, and then print."""
    check_holds(output, _count(own))
    with progress_bar(only_on_a_terminal=True) as progress:
        explanation = explained(image, net, class_names, own, options, progress, "--classes FILE")
    write_named("--output", output, encoded(explanation, output, how))
    for name, score in explanation.best():
        print(f"{score_text(score):>10}  {_printable(name)}")
    for k in range(len(explanation.classes)):
        print(_words_of(explanation, how, k))
    print(f"Written: {output}")


def _count(own: NameValues) -> int:
    """How many classes are asked for; what is no number is refused where it is read."""
    top = own.value("top", 1)
    several = own.value("channel") or own.value("label") or top
    return len(several) if isinstance(several, list) else top if isinstance(top, int) else 1


def _words_of(explanation: Explanation, how: Drawing, k: int) -> str:
    """What is said of the map of a class."""
    name = repr(_printable(explanation.classes[k]))
    peak = explanation.peak(k, how.frame)
    if peak is None:
        return f"The map of {name} has no finite value."
    if explanation.is_flat(k):
        return f"No mask changes the {explanation.score_name} of {name}."
    size = explanation.photograph.shape[:2] if how.frame == "photograph" else explanation.frame.image_size
    where = "photograph" if how.frame == "photograph" else "network's image"
    row0, row1, col0, col1 = peak.box
    rows, cols = (f"{int(first) + 1}–{max(int(first) + 1, round(end))}" for first, end in ((row0, row1), (col0, col1)))
    words = (
        f"In the {where}, {size[0]}×{size[1]}, the map of {name} peaks at row {peak.row}, column {peak.column}: "
        f"{score_text(peak.drop)}, under the mask on rows {rows} and columns {cols}"
    )
    return words if peak.drop > 0 else f"{words}. No mask lowers its {explanation.score_name}."


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)


def _given(arguments: argparse.Namespace, names: dict[str, str]) -> NameValues:
    """The options that were given, each under its full name and as it is typed here."""
    found: dict[str, Option] = {}
    for option, name in names.items():
        value = getattr(arguments, option[2:].replace("-", "_"))
        if value is not None:
            found[name] = Option(option, value if option in _TEXTS else _numbers_in(value))
    return NameValues(found, {name: option for option, name in names.items()})


def _numbers_in(text: str | list[str]) -> object:
    """The text, or several, as the numbers they hold; or themselves for the option's own check."""
    try:
        joined = text if isinstance(text, str) else ",".join(text)
        found = [float(part) for part in re.split(r"[,\s]+", joined.strip(", "))]
    except ValueError:
        return text[0] if isinstance(text, list) and len(text) == 1 else text
    whole = [int(x) if x.is_integer() else x for x in found]
    return whole[0] if len(whole) == 1 else whole


def _network(arguments: argparse.Namespace, option: str = "--network") -> tuple[AnyNetwork | None, list[str] | None]:
    """The network and the class names as typed; None for those that come with the package, or are not known."""
    typed = arguments.network
    layout = {} if arguments.layout is None else {"InputDataFormats": Option("--layout", arguments.layout)}
    inference = text_choice("--inference", arguments.inference, INFERENCES)
    class_names = None if arguments.classes is None else _class_names(arguments.classes)
    if typed is None or (typed.lower() in NAMES and not Path(typed).exists()):
        if layout:
            msg = f"--layout is for an ONNX file, which {option} names; published networks have theirs."
            raise ValueError(msg)
        net, names = imagePretrainedNetwork(EMBEDDED if typed is None else typed, Inference=inference)
        return net, names.tolist() if class_names is None else class_names
    try:
        file = existing_file(option, typed)
    except FileNotFoundError as error:
        if Path(typed).suffix or Path(typed).name != typed or not typed:
            raise
        msg = f"{str(error).rstrip('.')}, and no published network of that name. There are {', '.join(NAMES)}."
        raise FileNotFoundError(msg) from error
    return imported(file, NameValues({**layout, "Inference": Option("--inference", inference)})), class_names


def _class_names(typed: str) -> list[str]:
    if typed.lower() == "imagenet" and not Path(typed).exists():
        names: list[str] = imagenet_classes().tolist()
        return names
    file = existing_file("--classes", typed)
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        msg = f"--classes must be a text file in UTF-8, but {typed!r} is not: {error}"
        raise ValueError(msg) from error
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        msg = f"--classes must hold names, one a line, but {typed!r} is empty."
        raise ValueError(msg)
    return lines


def _default_output(image: Path) -> str:
    """IMAGE-occlusion.png; with a number, where that is the map of another photograph of the same name."""
    digest = sha256(image)
    for k in itertools.count(1):
        output = Path(f"{image.stem}-occlusion.png" if k == 1 else f"{image.stem}-occlusion-{k}.png")
        if not output.exists() or written_in_png(output, PHOTOGRAPH) == digest:
            return str(output)
    raise AssertionError
