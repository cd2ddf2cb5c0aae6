"""The command line: occlusion-sensitivity demo | explain."""

import argparse
import difflib
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import __version__
from .arguments import positive_integer
from .network.dlnetwork import dlnetwork, importNetworkFromONNX
from .network.pretrained import imagePretrainedNetwork
from .occlusion import occlusion_map
from .options import parse_channels
from .pictures import as_seen, imread
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
    """Run the command line; the exit status: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C."""
    arguments = _parser().parse_args(_joined_numbers(sys.argv[1:] if argv is None else argv))
    try:
        arguments.run(arguments)
    except (OSError, ImportError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        print(f"occlusion-sensitivity: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("occlusion-sensitivity: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="occlusion-sensitivity",
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
    return parser


def _joined_numbers(argv: Sequence[str]) -> list[str]:
    """``--mask-size 50 60`` and ``--mask-value -1 -2 -3`` as one argument each: argparse stops at a minus sign."""
    number = re.compile(r"[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|nan|inf)", re.IGNORECASE)
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1].partition("=")[0] in _NUMERIC and number.fullmatch(argument):
            joined[-1] += ("," if "=" in joined[-1] else "=") + argument
        else:
            joined.append(argument)
    return joined


def _demo(arguments: argparse.Namespace) -> None:
    output = _checked_output(arguments.output)
    net, class_names = imagePretrainedNetwork()
    with as_file(files("occlusion_sensitivity") / "data" / "coffee.jpg") as photograph:
        X = imread(photograph)
    _report(net, class_names.tolist(), X, output, channel=None, pixel_range=255.0, typed={})


def _explain(arguments: argparse.Namespace) -> None:
    output = _checked_output(arguments.output or f"{Path(arguments.image).stem}-occlusion.png")
    given = {option: getattr(arguments, option[2:].replace("-", "_")) for option in _OPTIONS}
    typed = {
        _OPTIONS[option]: (option, _numbers_in(text) if option in _NUMERIC else text)
        for option, text in given.items()
        if text is not None
    }
    if not arguments.pixel_range > 0 or not np.isfinite(arguments.pixel_range):
        msg = f"--pixel-range must be a positive number, but is {arguments.pixel_range}."
        raise ValueError(msg)
    X = imread(arguments.image)
    if arguments.network is None:
        net, names = imagePretrainedNetwork()
        class_names = names.tolist()
    else:
        net, class_names = importNetworkFromONNX(arguments.network), []
    if arguments.classes is not None:
        class_names = _class_names_in(arguments.classes)
    channel: object = None
    if arguments.channel is not None:
        channel = positive_integer("--channel", _numbers_in(arguments.channel))
    elif arguments.label is not None:
        channel = _channel_of(arguments.label, class_names)
    _report(net, class_names, X, output, channel=channel, pixel_range=arguments.pixel_range, typed=typed)


def _report(
    net: dlnetwork,
    class_names: list[str],
    X: NDArray[Any],
    output: Path,
    *,
    channel: object,
    pixel_range: float,
    typed: dict[str, tuple[str, object]],
) -> None:
    """Print the best classes and the map's peak, and write the output."""
    rows, cols, n_channels = net.Layers[0].InputSize
    seen = as_seen(X, n_channels or 3)
    seen = imresize(seen, [rows or seen.shape[0], cols or seen.shape[1]])
    image = seen if pixel_range == 255 else seen * np.float32(pixel_range / 255)

    scores = net.predict(image)
    scores = scores.reshape(-1, scores.shape[-1]).sum(axis=0)
    if class_names and len(class_names) != len(scores):
        msg = f"--classes must hold one name for each of the {len(scores)} channels, but holds {len(class_names)}."
        raise ValueError(msg)
    names = class_names or [f"channel {k}" for k in range(1, len(scores) + 1)]
    explained = int(parse_channels(channel, len(scores), "--channel")[0]) if channel else int(np.argmax(scores))

    for k in np.argsort(-scores, kind="stable")[:_BEST]:
        print(f"{scores[k]:10.4f}  {names[k]}")
    title = f"{names[explained]} ({scores[explained]:.2f})"
    with _ProgressBar() as progress:
        score_map = occlusion_map(net, image, explained + 1, typed, progress)
    row, col = np.unravel_index(np.argmax(score_map), score_map.shape)
    print(
        f"The map of {names[explained]!r} is {score_map.shape[0]}×{score_map.shape[1]} and peaks at "
        f"row {row + 1}, column {col + 1}: {score_map[row, col]:.4f}"
    )
    _write_whole(output, _encoded(output, seen, score_map, title))
    print(f"Written: {output}")


class _ProgressBar:
    """tqdm on a terminal, silence in a pipe."""

    def __enter__(self) -> "_ProgressBar":
        try:
            from tqdm import tqdm
        except ImportError as error:
            msg = f'The command line needs tqdm ({error}): pip install "occlusion-sensitivity[pictures]".'
            raise ImportError(msg) from error
        self._bar = tqdm(disable=None, unit=" images", leave=False)
        return self

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __exit__(self, *exception: object) -> None:
        self._bar.close()


def _numbers_in(text: str) -> object:
    """`text` as numbers where it is numbers separated by commas, else itself, for the option's own check."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return text


def _class_names_in(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        msg = f"--classes must be a text file in UTF-8, but {file!r} is not: {error}"
        raise ValueError(msg) from error


def _channel_of(label: str, class_names: list[str]) -> int:
    if not class_names:
        msg = f"--label {label!r} needs the names of the channels: --classes FILE."
        raise ValueError(msg)
    found = [k for k, name in enumerate(class_names, start=1) if name == label]
    if len(found) > 1:
        msg = f"--label {label!r} is the name of the channels {found}; --channel K chooses one."
        raise ValueError(msg)
    if not found:
        closest = difflib.get_close_matches(label, class_names, n=5, cutoff=0.5) or class_names[:5]
        msg = f"--label must be a class name of the network, but is {label!r}. Closest: {', '.join(closest)}."
        raise ValueError(msg)
    return found[0]


def _checked_output(typed: str) -> Path:
    """The output's path, refused before anything is computed if it could not be written."""
    output = Path(typed)
    if output.suffix.lower() not in _OUTPUTS:
        msg = f"--output must end in {', '.join(_OUTPUTS)}, but is {typed!r}."
        raise ValueError(msg)
    folder = output.parent
    if not folder.is_dir():
        msg = f"--output: there is no folder {str(folder)!r}."
        raise FileNotFoundError(msg)
    if output.is_dir() or not os.access(folder, os.W_OK):
        msg = f"--output: {typed!r} cannot be written."
        raise ValueError(msg)
    return output


def _encoded(output: Path, seen: NDArray[np.uint8], score_map: NDArray[np.float32], title: str) -> bytes:
    kind = output.suffix.lower()
    if kind == ".png":
        return overlay_png(seen, score_map, title)
    buffer = io.BytesIO()
    if kind == ".npy":
        np.save(buffer, score_map)
    elif kind == ".csv":
        np.savetxt(buffer, score_map, fmt="%.9g", delimiter=",")
    else:
        try:
            from scipy.io import savemat
        except ImportError as error:
            msg = f'Writing .mat needs SciPy ({error}): pip install "occlusion-sensitivity[pictures]".'
            raise ImportError(msg) from error
        savemat(buffer, {"scoreMap": score_map})
    return buffer.getvalue()


def _write_whole(output: Path, content: bytes) -> None:
    """The whole file or none: written beside its place, then moved there."""
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
