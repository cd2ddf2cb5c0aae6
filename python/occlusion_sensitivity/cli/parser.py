"""What the command line takes."""

import argparse
import re
from collections.abc import Sequence
from importlib.resources import files

from .. import __version__
from ..options import DEFAULT_NUM_STEPS
from ..painting import COLORMAPS, STYLES
from . import commands

_NUMERIC = ("--mask-size", "--stride", "--image-size", "--mask-value", "--batch", "--channel", "--mean", "--std")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="occlusion-sensitivity",
        allow_abbrev=False,
        description="Show which parts of a picture a neural network's decision rests on: a mask slides over the "
        "picture, and where it lowers the score, the map is high.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    added = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_demo(added)
    _add_explain(added)
    _add_explain_all(added)
    _add_show(added)
    _add_plan(added)
    _add_parity(added)
    _add_info(added)
    return top


def _add_demo(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = added.add_parser(
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
    demo.set_defaults(run=commands.demo)


def _add_explain(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explain = added.add_parser(
        "explain",
        allow_abbrev=False,
        help="explain a picture of yours",
        description="Explain what a network sees in a picture.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  occlusion-sensitivity explain cat.jpg\n"
        "  occlusion-sensitivity explain cat.jpg --top 3 --style side-by-side --output cat.pdf\n"
        "  occlusion-sensitivity explain cat.jpg --top 5 --output cat.html\n"
        '  occlusion-sensitivity explain cat.jpg --label tabby --label "tiger cat" --mask-size 30 --stride 10\n'
        "  occlusion-sensitivity explain x.png --network net.onnx --classes names.txt --output map.npy\n",
    )
    explain.add_argument("image", metavar="IMAGE", help="a picture file (PNG, JPEG, TIFF, …), turned as its EXIF says")
    _add_network(explain.add_argument_group("network"))
    _add_target(explain)
    _add_options(explain.add_argument_group("options of occlusionSensitivity"))
    explain.add_argument(
        "--output",
        metavar="FILE",
        help="where the result goes: .png, .jpg, .pdf and .svg draw the map over the picture; .html is a page to "
        "explore; .npy, .csv and .mat (variable scoreMap) hold its numbers (default: IMAGE-occlusion.png in the "
        "current folder)",
    )
    drawing = explain.add_argument_group("drawing")
    drawing.add_argument("--style", metavar="STYLE", help=f"{', '.join(STYLES)} (default: overlay)")
    drawing.add_argument(
        "--colormap",
        metavar="COLOURS",
        help=f"{' or '.join(COLORMAPS)}: MATLAB's colours, or vermilion for drops and blue for rises (default: jet)",
    )
    drawing.add_argument("--opacity", metavar="SHARE", help="of the strongest colours, 0 to 1 (default: 0.6)")
    drawing.add_argument(
        "--frame",
        metavar="WHICH",
        help="draw on the photograph, or on the network's image: network (default: photograph)",
    )
    drawing.add_argument(
        "--longest-side", metavar="PIXELS", help="the most pixels of a side of the picture (default: 1600)"
    )
    explain.set_defaults(run=commands.explain)


def _add_explain_all(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explain_all = added.add_parser(
        "explain-all",
        allow_abbrev=False,
        help="explain thousands of pictures; it survives, and goes on where it ended",
        description="Explain many pictures, and keep their maps in a store. The same command goes on where it was "
        "ended; what is done is not done again. The exit status is 3 where some of the pictures failed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  occlusion-sensitivity explain-all photos --store maps.zarr\n"
        "  occlusion-sensitivity explain-all 'photos/**/*.png' --store maps.zarr --top 3 --workers 2\n"
        "  occlusion-sensitivity explain-all s3://bucket/photos --store maps.zarr --scheduler tcp://10.0.0.1:8786\n"
        "  occlusion-sensitivity show maps.zarr --html index.html\n",
    )
    explain_all.add_argument(
        "images",
        metavar="FOLDER",
        nargs="+",
        help="a folder, with all pictures below it; a pattern or a URL of files; or files",
    )
    explain_all.add_argument(
        "--store", metavar="STORE", required=True, help="the folder with the maps, as maps.zarr; see docs/store.md"
    )
    _add_network(explain_all.add_argument_group("network"))
    _add_target(explain_all)
    _add_options(explain_all.add_argument_group("options of occlusionSensitivity"))
    explain_all.add_argument(
        "--faithfulness",
        metavar="STEPS",
        nargs="?",
        const=str(DEFAULT_NUM_STEPS),
        help="keep the curves of deletion and insertion as well (in %(const)s steps); see docs/faithfulness.md",
    )
    where = explain_all.add_mutually_exclusive_group()
    where.add_argument("--workers", metavar="N", help="compute in N processes of this machine (default: in this one)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="compute on a Dask cluster that exists")
    explain_all.add_argument(
        "--on-error",
        choices=["record", "raise"],
        default="record",
        help="record the error of a picture and go on, or raise it and end (default: record)",
    )
    explain_all.set_defaults(run=commands.explain_all)


def _add_show(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    show = added.add_parser(
        "show",
        allow_abbrev=False,
        help="look at the maps of many pictures",
        description="Say how many maps a store has, and what failed; or write a page to look at them: a contact sheet "
        "to sort and search, with each picture under its map a click away, and the mean maps.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  occlusion-sensitivity show maps.zarr\n"
        "  occlusion-sensitivity show maps.zarr --html index.html\n",
    )
    show.add_argument("store", metavar="STORE", help="what explain-all has filled, as maps.zarr")
    show.add_argument(
        "--html",
        metavar="FILE",
        help="write the page, and its pictures into a folder beside it: FILE's name with _files",
    )
    show.add_argument(
        "--images", metavar="FOLDER", help="where the pictures are now (default: where explain-all found them)"
    )
    show.set_defaults(run=commands.show)


def _add_plan(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    plan = added.add_parser(
        "plan",
        allow_abbrev=False,
        help="see what incremental inference would bring for a network",
        description="Say which parts of a network would be computed again for a mask, and how much faster than "
        "exhaustive evaluation that is expected to be. Nothing is computed. See docs/incremental.md, also for a patent "
        "application.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  occlusion-sensitivity plan googlenet\n"
        "  occlusion-sensitivity plan net.onnx --mask-size 30 --stride 10 --output plan.png\n",
    )
    plan.add_argument(
        "network", metavar="NETWORK", help="an ONNX file, or a published network: squeezenet, resnet50, …"
    )
    _add_layers(plan)
    plan.add_argument(
        "--image-size",
        metavar="SIZE",
        help="pixels, rows,columns or rows,columns,channels, of the images of a network that takes any",
    )
    _add_grid(plan.add_argument_group("options of occlusionSensitivity"))
    plan.add_argument(
        "--output",
        metavar="FILE",
        help="draw it, too: the share of each layer that is computed again, along the depth of the network; .png, "
        ".jpg, .pdf or .svg",
    )
    plan.set_defaults(run=commands.plan, classes=None, inference="exhaustive")


def _add_target(command: argparse.ArgumentParser) -> None:
    target = command.add_mutually_exclusive_group()
    target.add_argument(
        "--channel", metavar="K", action="append", help="an output channel to explain, from 1; also more than once"
    )
    target.add_argument(
        "--label", metavar="NAME", action="append", help="a class to explain, by its name; also more than once"
    )
    target.add_argument("--top", metavar="N", help="explain the N classes with the highest scores (default: 1)")


def _add_grid(options: "argparse._ArgumentGroup") -> None:
    sizes = "auto, pixels, or rows,columns"
    options.add_argument("--mask-size", metavar="SIZE", help=f"{sizes} (default: auto, 20%% of the image)")
    options.add_argument("--stride", metavar="STEP", help=f"{sizes} (default: auto, 10%% of the image)")
    options.add_argument("--clipping", metavar="on|off", help="whether masks may cross the edges (default: on)")


def _add_options(options: "argparse._ArgumentGroup") -> None:
    _add_grid(options)
    options.add_argument(
        "--mask-value", metavar="VALUE", help="auto, a number, or one for each channel: r,g,b (default: auto, the mean)"
    )
    options.add_argument("--upsampling", metavar="METHOD", help="bicubic, nearest or none (default: bicubic)")
    options.add_argument("--batch", metavar="N", help="the most pictures that go through the network at once")
    options.add_argument("--device", metavar="WHERE", help="auto, gpu or cpu (default: auto)")


def _add_network(network: "argparse._ArgumentGroup") -> None:
    network.add_argument(
        "--network",
        metavar="FILE|NAME",
        help="an ONNX file, or a published network: squeezenet, resnet50, … (default: efficientnet-lite0)",
    )
    network.add_argument(
        "--classes",
        metavar="FILE",
        help="its class names, one a line, in the order of its channels; or imagenet, for the 1000 of ImageNet",
    )
    _add_layers(network)
    network.add_argument(
        "--inference",
        metavar="HOW",
        default="exhaustive",
        help="exhaustive, or incremental: only what a mask can have changed is computed; see docs/incremental.md "
        "(default: exhaustive)",
    )
    network.add_argument(
        "--fit",
        metavar="HOW",
        help="squash the whole picture to the network's input, or crop its middle (default: squash)",
    )
    network.add_argument(
        "--pixel-range",
        metavar="MAX",
        help="the network takes pixels of 0…MAX, so 1 for networks trained on 0…1 (default: 255)",
    )
    network.add_argument("--mean", metavar="MEAN", help="what is taken off the pixels then: a number, or r,g,b")
    network.add_argument("--std", metavar="STD", help="what they are divided by then: a number, or r,g,b")


def _add_parity(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parity = added.add_parser(
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
    parity.set_defaults(run=commands.parity)


def _add_info(added: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    info = added.add_parser(
        "info",
        allow_abbrev=False,
        help="say what an issue should say of this machine",
        description="Print the versions of what is installed, whether a GPU is used, and how many threads: ten lines "
        "for an issue, in which nothing of your files stands.",
    )
    info.set_defaults(run=commands.info)


def _add_layers(command: "argparse._ActionsContainer") -> None:
    command.add_argument("--layer", metavar="NAME", help="the layer that is scored (default: the output)")
    command.add_argument(
        "--layout", metavar="FORMAT", help="the order of the input's axes, BCSS or BSSC (default: as the file looks)"
    )


def joined_numbers(argv: Sequence[str]) -> list[str]:
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
