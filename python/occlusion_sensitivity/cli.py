"""The command line: occlusion-sensitivity demo | explain | parity."""

import argparse
import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import __version__
from .arguments import channel_named, existing_file, expected, positive_integer, shown
from .files import check_writable, write_whole
from .name_values import NameValues, Option
from .network.dlnetwork import dlnetwork, importNetworkFromONNX
from .network.pretrained import imagePretrainedNetwork
from .occlusion import occlusion_map
from .packages import missing
from .pictures import imread, in_channels
from .plotting import overlay_png
from .resizing import imresize

_OUTPUTS = (".png", ".npy", ".csv", ".mat")
_BEST = 5

# Option of the command line → option of occlusionSensitivity
_OPTIONS = {
    "--mask-size": "MaskSize",
    "--stride": "Stride",
    "--mask-value": "MaskValue",
    "--upsampling": "OutputUpsampling",
    "--clipping": "MaskClipping",
    "--batch": "MiniBatchSize",
    "--device": "ExecutionEnvironment",
}
_NUMERIC = ("--mask-size", "--stride", "--mask-value", "--batch", "--channel")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status: 0, 1 for an error or a difference, 2 for wrong usage, 130 after Ctrl-C."""
    _open_what_the_shell_closed()
    for stream in (sys.stdout, sys.stderr):
        # Names of classes and the sign in 224×224 must not fail on a terminal that knows ASCII only.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    arguments = _parser().parse_args(_joined_numbers(sys.argv[1:] if argv is None else argv))
    try:
        status = int(arguments.run(arguments) or 0)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads what is printed; the result is written by then. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ImportError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        print(f"occlusion-sensitivity: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("occlusion-sensitivity: interrupted", file=sys.stderr)
        return 130
    return status


def _open_what_the_shell_closed() -> None:
    """Let closed streams lead nowhere; a file that is opened later must not get their numbers, and what they print."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
            setattr(sys, name, open(number, mode, closefd=False, encoding="utf-8"))  # noqa: SIM115


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="occlusion-sensitivity",
        allow_abbrev=False,
        description="Show which parts of a picture a neural network's decision rests on: a mask slides over the "
        "picture, and where it lowers the score, the map is high.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="explain the photograph that comes with the package",
        description="Explain a photograph of a cup of coffee with EfficientNet-Lite0; both come with the package.",
    )
    demo.add_argument(
        "--output",
        metavar="FILE",
        default="occlusion-sensitivity-demo.png",
        help="where the result goes (default: %(default)s); for other endings see explain",
    )
    demo.set_defaults(run=_demo)

    explain = commands.add_parser(
        "explain",
        allow_abbrev=False,
        help="explain a picture of yours",
        description="Explain what a network sees in a picture. The picture is resized to the input of the network.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  occlusion-sensitivity explain cat.jpg\n"
        '  occlusion-sensitivity explain cat.jpg --label "tabby" --mask-size 30 --stride 10\n'
        "  occlusion-sensitivity explain x.png --network net.onnx --classes names.txt --output map.npy\n",
    )
    explain.add_argument("image", metavar="IMAGE", help="a picture file (PNG, JPEG, TIFF, …)")
    network = explain.add_argument_group("network")
    network.add_argument("--network", metavar="FILE", help="an ONNX file (default: EfficientNet-Lite0, ImageNet)")
    network.add_argument("--classes", metavar="FILE", help="its class names, one a line, in the order of its channels")
    network.add_argument(
        "--pixel-range",
        type=float,
        default=255.0,
        metavar="MAX",
        help="the network takes pixels of 0…MAX, so 1 for networks trained on 0…1 (default: 255)",
    )
    target = explain.add_mutually_exclusive_group()
    target.add_argument("--channel", metavar="K", help="the output channel to explain, from 1 (default: the best)")
    target.add_argument("--label", metavar="NAME", help="the class to explain, by its name")
    options = explain.add_argument_group("options of occlusionSensitivity")
    sizes = "auto, pixels, or rows,columns"
    options.add_argument("--mask-size", metavar="SIZE", help=f"{sizes} (default: auto, 20%% of the picture)")
    options.add_argument("--stride", metavar="STEP", help=f"{sizes} (default: auto, 10%% of the picture)")
    options.add_argument(
        "--mask-value", metavar="VALUE", help="auto, a number, or one for each channel: r,g,b (default: auto, the mean)"
    )
    options.add_argument("--upsampling", metavar="METHOD", help="bicubic, nearest or none (default: bicubic)")
    options.add_argument("--clipping", metavar="on|off", help="whether masks may cross the edges (default: on)")
    options.add_argument("--batch", metavar="N", help="the most pictures that go through the network at once")
    options.add_argument("--device", metavar="WHERE", help="auto, gpu or cpu (default: auto)")
    explain.add_argument(
        "--output",
        metavar="FILE",
        help="where the result goes: .png draws the map over the picture; .npy, .csv and .mat (variable scoreMap) "
        "hold its numbers (default: IMAGE-occlusion.png in the current folder)",
    )
    explain.set_defaults(run=_explain)
    _add_parity(commands)
    return parser


def _add_parity(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parity = commands.add_parser(
        "parity",
        allow_abbrev=False,
        help="compare this package with references, or with a call of yours from MATLAB",
        description="Run parity cases stage by stage (where the masks lie, the map, its upsampling, the whole call) "
        "and print how far this package is from the reference. The references that come with the package were computed "
        "by GNU Octave and in exact arithmetic, or published; MATLAB's own come from a call that you export there. The "
        "exit status is 0 only if all agree.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  occlusion-sensitivity parity\n"
        "  occlusion-sensitivity parity 'mask_*' --html parity.html\n"
        "  occlusion-sensitivity parity case.mat\n"
        "A .mat file, with a call of your own, is written in MATLAB by export_case.m, which lies in\n"
        f"  {files('occlusion_sensitivity') / 'compat_fixtures'}\n",
    )
    parity.add_argument(
        "cases",
        metavar="CASES",
        nargs="*",
        help="names of cases (* and ? stand for any), folders of cases, or .mat files (default: all cases of "
        "compat_fixtures in the current folder, if there is one, else those that come with the package)",
    )
    parity.add_argument("--device", choices=["auto", "gpu", "cpu"], help="where every call runs (default: as it says)")
    parity.add_argument("--source", metavar="WHO", help="compare with references of matlab, octave, exact … alone")
    parity.add_argument("--html", metavar="FILE", help="write the table with pictures of both maps to a page, too")
    parity.set_defaults(run=_parity)


def _joined_numbers(argv: Sequence[str]) -> list[str]:
    """``--mask-size 50 60`` and ``--mask-value -1,-2,-3`` as one argument each: argparse stops at a minus sign."""
    number = r"[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|nan|inf)"
    numbers = re.compile(rf"{number}([,\s]+{number})*,?", re.IGNORECASE)
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1].partition("=")[0] in _NUMERIC and numbers.fullmatch(argument):
            joined[-1] += ("," if "=" in joined[-1] else "=") + argument
        else:
            joined.append(argument)
    return joined


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What to explain, ready to run.

    Attributes
    ----------
    channel : int or None
        From 1; None for the best one.
    class_names : list of str
        Empty where the channels have no names.
    options : NameValues
        Of occlusionSensitivity.
    """

    net: dlnetwork
    class_names: list[str]
    X: NDArray[Any]
    output: Path
    channel: int | None = None
    pixel_range: float = 255.0
    options: NameValues = field(default_factory=NameValues)


def _demo(arguments: argparse.Namespace) -> None:
    output = _checked_output("--output", arguments.output, _OUTPUTS)
    net, class_names = imagePretrainedNetwork()
    with as_file(files("occlusion_sensitivity") / "data" / "coffee.jpg") as photograph:
        X = imread(photograph)
    _run(_Task(net=net, class_names=class_names.tolist(), X=X, output=output))


def _explain(arguments: argparse.Namespace) -> None:
    image = existing_file("IMAGE", arguments.image)
    inputs = [image]
    inputs += [
        existing_file(f"--{name}", file)
        for name in ("network", "classes")
        if (file := getattr(arguments, name)) is not None
    ]
    typed_output = f"{image.stem}-occlusion.png" if arguments.output is None else arguments.output
    output = _checked_output("--output", typed_output, _OUTPUTS, inputs)
    given = {option: getattr(arguments, option[2:].replace("-", "_")) for option in _OPTIONS}
    options = NameValues(
        {
            _OPTIONS[option]: Option(option, _numbers_in(text) if option in _NUMERIC else text)
            for option, text in given.items()
            if text is not None
        }
    )
    if not arguments.pixel_range > 0 or not np.isfinite(arguments.pixel_range):
        raise ValueError(expected("--pixel-range", "a positive number", arguments.pixel_range))
    X = imread(image)
    class_names: list[str] = []
    if arguments.network is None:
        net, names = imagePretrainedNetwork()
        class_names = names.tolist()
    else:
        net = importNetworkFromONNX(arguments.network)
    if arguments.classes is not None:
        class_names = _class_names_in(arguments.classes)
    channel = None
    if arguments.channel is not None:
        channel = positive_integer("--channel", _numbers_in(arguments.channel))
    elif arguments.label is not None:
        channel = _channel_of(arguments.label, class_names)
    _run(
        _Task(
            net=net,
            class_names=class_names,
            X=X,
            output=output,
            channel=channel,
            pixel_range=arguments.pixel_range,
            options=options,
        )
    )


def _parity(arguments: argparse.Namespace) -> int:
    from .parity import command

    page = None if arguments.html is None else _checked_output("--html", arguments.html, (".html", ".htm"))
    return command.run(arguments.cases, page, arguments.device, arguments.source)


def _run(task: _Task) -> None:
    """Check what is left to check, compute, write the output, and then print."""
    rows, cols, n_channels = task.net.network.input_size
    picture = in_channels(task.X, n_channels or 3)
    picture = imresize(picture, [rows or picture.shape[0], cols or picture.shape[1]])
    image = picture if task.pixel_range == 255 else picture * np.float32(task.pixel_range / 255)

    scores = task.net.predict(image)
    scores = scores.reshape(-1, scores.shape[-1]).sum(axis=0)
    if task.class_names and len(task.class_names) != len(scores):
        msg = f"--classes must hold a name for each of the {len(scores)} channels, but holds {len(task.class_names)}."
        raise ValueError(msg)
    if task.channel is not None and task.channel > len(scores):
        raise ValueError(expected("--channel", f"an integer from 1 to {len(scores)}", task.channel))
    channel = task.channel or int(np.argmax(scores)) + 1
    names = [_printable(name) for name in task.class_names] or [f"channel {k + 1}" for k in range(len(scores))]
    with _ProgressBar() as progress:
        score_map = occlusion_map(task.net.network, image, channel, task.options, progress)
    title = f"{names[channel - 1]} ({scores[channel - 1]:.2f})"
    write_whole(task.output, _encoded(task.output, picture, score_map, title))

    for k in np.argsort(-scores, kind="stable")[:_BEST]:
        print(f"{scores[k]:10.4f}  {names[k]}")
    row, col = np.unravel_index(np.argmax(score_map), score_map.shape)
    print(
        f"The map of {names[channel - 1]!r} is {score_map.shape[0]}×{score_map.shape[1]} and peaks at "
        f"row {row + 1}, column {col + 1}: {score_map[row, col]:.4f}"
    )
    print(f"Written: {task.output}")


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)


class _ProgressBar:
    """tqdm on a terminal, silence in a pipe."""

    def __enter__(self) -> "_ProgressBar":
        try:
            from tqdm import tqdm
        except ImportError as error:
            raise missing("The command line needs", "tqdm", "pictures", error) from error
        self._bar = tqdm(disable=None, unit=" images", leave=False)
        return self

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __exit__(self, *exception: object) -> None:
        self._bar.close()


def _numbers_in(text: str) -> object:
    """`text` as the numbers it holds, or itself for the option's own check."""
    try:
        found = [float(part) for part in re.split(r"[,\s]+", text.strip(", "))]
    except ValueError:
        return text
    whole = [int(x) if x.is_integer() else x for x in found]
    return whole[0] if len(whole) == 1 else whole


def _class_names_in(file: str) -> list[str]:
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        msg = f"--classes must be a text file in UTF-8, but {file!r} is not: {error}"
        raise ValueError(msg) from error
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        msg = f"--classes must hold names, one a line, but {file!r} is empty."
        raise ValueError(msg)
    return lines


def _channel_of(label: str, class_names: list[str]) -> int:
    if not class_names:
        msg = f"--label {label!r} needs the names of the channels: --classes FILE."
        raise ValueError(msg)
    return channel_named("--label", label, class_names, "--channel K chooses one")


def _checked_output(option: str, typed: str, endings: Sequence[str], inputs: Sequence[Path] = ()) -> Path:
    """The output's path, refused before anything is computed if it could not be written or is an input."""
    output = Path(typed)
    if output.suffix.lower() not in endings:
        raise ValueError(expected(option, f"a file that ends in {', '.join(endings)}", typed))
    try:
        is_folder = output.parent.is_dir()
        if is_folder and output.exists() and any(output.samefile(file) for file in inputs):
            msg = f"{option} must be a file of its own, but {typed!r} is an input."
            raise ValueError(msg)
        if output.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if is_folder:
            check_writable(output.parent)
    except OSError as error:
        msg = f"{option}: {shown(typed)} cannot be written: {error.strerror}."
        raise ValueError(msg) from error
    if not is_folder:
        msg = f"{option}: there is no folder {shown(str(output.parent))}."
        raise FileNotFoundError(msg)
    return output


def _encoded(output: Path, picture: NDArray[np.uint8], score_map: NDArray[np.float32], title: str) -> bytes:
    kind = output.suffix.lower()
    if kind == ".png":
        return overlay_png(picture, score_map, title)
    buffer = io.BytesIO()
    if kind == ".npy":
        np.save(buffer, score_map)
    elif kind == ".csv":
        np.savetxt(buffer, score_map, fmt="%.9g", delimiter=",")
    else:
        try:
            from scipy.io import savemat
        except ImportError as error:
            raise missing("Writing .mat needs", "SciPy", "pictures", error) from error
        savemat(buffer, {"scoreMap": score_map})
    return buffer.getvalue()
