"""The command line, as a user runs it."""

import json
import os
import pty
import subprocess
import sys
import termios
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat

import networks
from occlusion_sensitivity import imagePretrainedNetwork, imread, imresize, occlusionSensitivity
from occlusion_sensitivity.cli import main

COMMAND = str(Path(sys.executable).with_name("occlusion-sensitivity"))


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def picture(tmp_path):
    X = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    Image.fromarray(X).save(tmp_path / "picture.png")
    return X


@pytest.fixture
def network(tmp_path):
    """12×10×3, four classes, with names."""
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\nfish\n", encoding="utf-8")
    return networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))


def run(*arguments):
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=300)


def explain(*arguments):
    return main(["explain", "picture.png", "--network", "net.onnx", "--classes", "names.txt", *arguments])


def test_demo_explains_the_cup_of_coffee():
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress bar in a pipe
    lines = done.stdout.splitlines()
    assert len(lines) == 7
    score, name = lines[0].split(maxsplit=1)
    assert name == "espresso"
    assert 0.93 < float(score) < 0.96
    row, col = (
        int(lines[5].partition(f"{axis} ")[2].partition(word)[0]) for axis, word in (("row", ","), ("column", ":"))
    )
    # The coffee in the cup: an ellipse in the 400×400 pixels of the photograph.
    assert ((row - 139) / 90) ** 2 + ((col - 196) / 110) ** 2 < 1
    with Image.open("occlusion-sensitivity-demo.png") as overlay:
        assert overlay.format == "PNG"
        pixels = np.asarray(overlay.convert("RGB")).astype(int)
    # The photograph itself, pixel by pixel, where the map is cold: its lower rows.
    photograph = imread(files("occlusion_sensitivity") / "data" / "coffee.jpg").astype(int)
    apart = {
        (row, col): np.abs(pixels[row + 300 : row + 400, col : col + 100] - photograph[300:, :100]).mean()
        for row in range(pixels.shape[0] - 399)
        for col in range(40)
    }
    row, col = min(apart, key=apart.get)
    assert apart[row, col] < 1
    # Red where the map peaks.
    hot = pixels[row + 100 : row + 150, col + 165 : col + 235]
    assert (hot[..., 0] - hot[..., 2] > 100).mean() > 0.6


def test_help_names_every_option():
    for arguments in ([], ["explain"], ["demo"]):
        assert run(*arguments, "--help").returncode == 0
    text = run("explain", "--help").stdout
    for option in ("--network", "--classes", "--channel", "--label", "--mask-size", "--stride", "--mask-value"):
        assert option in text
    for option in ("--upsampling", "--clipping", "--batch", "--device", "--output", "--pixel-range"):
        assert option in text
    for option in ("--top", "--fit", "--frame", "--style", "--colormap", "--opacity", "--longest-side"):
        assert option in text
    for option in ("--mean", "--std", "--layout", "--layer"):
        assert option in text
    assert run("--version").stdout.startswith("occlusion-sensitivity 0.")


def test_ctrl_c_while_an_object_is_removed():
    """Python tells it with a traceback, and goes on, where nobody sees to it."""
    script = (
        "import sys, time\n"
        "from occlusion_sensitivity.cli import commands, main\n"
        "class Removed:\n"
        "    def __del__(self):\n"
        "        raise KeyboardInterrupt\n"
        "def info(arguments):\n"
        "    Removed()\n"
        "    for _ in range(600):\n"
        "        time.sleep(0.1)\n"
        "commands.info = info\n"
        "sys.exit(main(['info']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 130
    assert done.stderr == "occlusion-sensitivity: interrupted\n"


def test_a_progress_bar_on_a_terminal():
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    process = subprocess.Popen([COMMAND, "demo"], stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0
    assert b"/122 [" in shown


def test_explain_gives_the_numbers_of_the_function(picture, network, capsys):
    options = ["--label", "bird", "--mask-size", "4", "3", "--stride=3,2", "--mask-value", "-1", "2.5", "3"]
    assert explain(*options, "--upsampling", "none", "--clipping", "off", "--batch", "5", "--output", "map.npy") == 0
    from occlusion_sensitivity import importNetworkFromONNX

    expected = occlusionSensitivity(
        importNetworkFromONNX(network),
        imresize(picture, [12, 10]),
        3,
        MaskSize=[4, 3],
        Stride=[3, 2],
        MaskValue=[-1, 2.5, 3],
        OutputUpsampling="none",
        MaskClipping="off",
    )
    np.testing.assert_array_equal(np.load("map.npy"), expected)
    # Rows and columns of the 30×40 photograph, of which the network's 12×10 are a squashed copy.
    row, col = np.argwhere(expected == expected.max())[0] * [3, 2] * [30 / 12, 40 / 10]
    middle = int(row + 4 / 2 * 30 / 12) + 1, int(col + 3 / 2 * 40 / 10) + 1
    said = f"In the photograph, 30×40, the map of 'bird' peaks at row {middle[0]}, column {middle[1]}: "
    assert f"{said}{expected.max():.4f}, under the mask on rows " in capsys.readouterr().out


def test_every_kind_of_output_holds_the_same_map(picture, network):
    others = ["map.jpg", "map.pdf", "map.svg", "map.html"]
    for output in ("map.npy", "map.csv", "map.mat", "MAP.PNG", *others):
        assert explain("--channel", "2", "--output", output) == 0
    score_map = np.load("map.npy")
    assert score_map.dtype == np.float32
    np.testing.assert_array_equal(np.loadtxt("map.csv", delimiter=",", dtype=np.float32), score_map)
    np.testing.assert_array_equal(loadmat("map.mat")["scoreMap"], score_map)
    with Image.open("MAP.PNG") as overlay:
        assert overlay.format == "PNG"
    assert sorted(os.listdir()) == sorted(
        ["map.npy", "map.csv", "map.mat", "MAP.PNG", "picture.png", "net.onnx", "names.txt", *others]
    )
    begins = {"map.jpg": b"\xff\xd8\xff", "map.pdf": b"%PDF-", "map.svg": b"<?xml", "map.html": b"<!DOCTYPE html>"}
    assert {file: Path(file).read_bytes()[: len(begin)] for file, begin in begins.items()} == begins


def test_the_best_class_is_explained_where_none_is_named(picture, network, capsys):
    assert explain("--pixel-range", "1") == 0
    best, *_, peak, written = capsys.readouterr().out.splitlines()
    assert f"the map of {best.split(maxsplit=1)[1]!r} " in peak
    assert written == "Written: picture-occlusion.png"
    assert Path("picture-occlusion.png").is_file()


def test_channels_without_names(picture, network, capsys):
    assert main(["explain", "picture.png", "--network", "net.onnx", "--output", "map.npy"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split(maxsplit=1)[1].startswith("channel ")


def test_pixel_range(picture, network):
    from occlusion_sensitivity import importNetworkFromONNX

    assert explain("--channel", "1", "--pixel-range", "1", "--output", "map.npy") == 0
    X = imresize(picture, [12, 10]) * np.float32(1 / 255)
    np.testing.assert_array_equal(np.load("map.npy"), occlusionSensitivity(importNetworkFromONNX(network), X, 1))


def test_grey_picture_through_the_embedded_network(capsys):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40)).astype(np.uint8)).save("grey.png")
    assert main(["explain", "grey.png", "--stride", "100", "--output", "map.npy"]) == 0
    assert np.load("map.npy").shape == (224, 224)


def test_a_name_with_a_byte_order_mark(picture, network, tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\nfish\n", encoding="utf-8-sig")
    assert explain("--label", "cat", "--output", "map.npy") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--channel", "0"], "--channel must be an integer from 1 to 4, or several, but is 0."),
        (["--channel", "5"], "--channel must be an integer from 1 to 4, or several, but is 5."),
        (["--channel", "x"], "--channel must be an integer from 1 to 4, or several, but is 'x'."),
        (["--top", "0"], "--top must be a positive integer, but is 0."),
        (["--top", "5"], "--top must be an integer from 1 to 4, but is 5."),
        (["--top", "many"], "--top must be a positive integer, but is 'many'."),
        (["--label", "3"], "If that is the number of a channel, --channel K chooses one."),
        (["--style", "blue"], "--style must be one of overlay, contours, side-by-side, spotlight, but is 'blue'."),
        (["--style", "contours", "--output", "map.csv"], "--style is for .png, .jpg, .jpeg, .pdf, .svg, but 'map.csv'"),
        (["--style", "contours", "--output", "map.html"], "--style is for .png, .jpg, .jpeg, .pdf, .svg, but 'map.h"),
        (["--opacity", "0.5", "--output", "map.npy"], "--opacity is for .png, .jpg, .jpeg, .pdf, .svg, .html, .htm,"),
        (["--opacity", "2"], "--opacity must be a number from 0 to 1, but is 2."),
        (["--opacity", "x"], "--opacity must be a number from 0 to 1, but is 'x'."),
        (["--colormap", "rainbow"], "--colormap must be one of jet, diverging, but is 'rainbow'."),
        (["--frame", "mine"], "--frame must be one of photograph, network, but is 'mine'."),
        (["--longest-side", "0"], "--longest-side must be a positive integer, but is 0."),
        (["--longest-side", "1000000"], "--longest-side must be an integer from 1 to 20000, but is 1000000."),
        (["--fit", "stretch"], "--fit must be one of squash, crop, but is 'stretch'."),
        (["--mean", "1,2"], "--mean must be one number or one for each of the 3 channels, but is [1.0, 2.0]."),
        (["--std", "0"], "--std must be a positive number or one for each channel, but is 0."),
        (["--mean", "x"], "--mean must be a finite number or one for each channel, but is 'x'."),
        (["--layer", "nothing"], "--layer"),
        (["--layout", "CHW"], "--layout must be"),
        (["--top", "2", "--output", "map.csv"], "'map.csv' holds the map of one class, not of 2: .npy and .mat"),
        (["--label", "birb"], "--label must be a class name of the network, but is 'birb'. Closest: bird"),
        (["--mask-size", "0"], '--mask-size must be "auto", a positive integer or rows,columns, but is 0.'),
        (["--mask-size", "13"], "--mask-size must be at most the input size, 12×10, but is 13."),
        (["--stride", "1.5"], "--stride must be"),
        (["--stride", "1,2,3"], "--stride must be"),
        (["--mask-value", "nan"], "--mask-value must be"),
        (["--mask-value", "1", "2"], "--mask-value must be"),
        (["--upsampling", "cubic"], "--upsampling must be one of bicubic, nearest, none, but is 'cubic'."),
        (["--clipping", "maybe"], "--clipping must be one of on, off, but is 'maybe'."),
        (["--batch", "0"], "--batch must be a positive integer, but is 0."),
        (["--device", "gpu"], '--device must be "auto" or "cpu", but is "gpu"'),
        (["--device", "tpu"], "--device must be one of auto, gpu, cpu, but is 'tpu'."),
        (["--pixel-range", "0"], "--pixel-range must be a positive number, but is 0."),
        (["--pixel-range", "x"], "--pixel-range must be a positive number, but is 'x'."),
        (["--output", "nowhere/map.npy"], "--output: there is no folder 'nowhere'."),
        (["--output", "map.gif"], "--output must be a file that ends in .png, .jpg, .jpeg, .pdf, .svg, .html, .htm, "),
        (["--output", "folder.png"], "--output: 'folder.png' cannot be written: Is a directory."),
        (["--classes", "three.txt"], "--classes must hold a name for each of the 4 channels, but holds 3."),
        (["--classes", "nowhere.txt"], "--classes: there is no file 'nowhere.txt'."),
        (["--classes", "empty.txt"], "--classes must hold names, one a line, but 'empty.txt' is empty."),
        (["--network", ""], "--network: there is no file ''."),
        (["--output", ""], "--output must be a file that ends in"),
        (["--output", "picture.png"], "--output must be a file of its own, but 'picture.png' is an input."),
        (["--output", "x" * 300 + ".npy"], "cannot be written: File name too long."),
        (["--output", "/proc/map.npy"], "--output: '/proc/map.npy' cannot be written"),
        (["--classes", "picture.png"], "--classes must be a text file in UTF-8"),
        (["--classes", "twice.txt", "--label", "cat"], "--label 'cat' is the name of the channels [1, 3]"),
        (["--network", "nowhere.onnx"], "--network: there is no file 'nowhere.onnx'."),
        (["--network", "squeeznet"], "and no published network of that name. There are efficientnet-lite0, alexnet"),
        (["--network", "names.txt"], "names.txt cannot be opened as an ONNX network"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(picture, network, arguments, message, capsys, tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "three.txt").write_text("a\nb\nc\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\n\n", encoding="utf-8")
    (tmp_path / "twice.txt").write_text("cat\ndog\ncat\nfish\n", encoding="utf-8")
    before = sorted(os.listdir())
    assert explain(*arguments) == 1
    printed, error = capsys.readouterr()
    assert printed == ""
    assert error.startswith(f"occlusion-sensitivity: error: {message}") or message in error
    assert "Traceback" not in error
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("name", ["nowhere.png", "names.txt"])
def test_a_picture_that_cannot_be_read(network, name, capsys):
    assert main(["explain", name]) == 1
    assert name in capsys.readouterr().err


def test_a_label_without_names(picture, network, capsys):
    assert main(["explain", "picture.png", "--network", "net.onnx", "--label", "cat"]) == 1
    assert "--label 'cat' needs the names of the channels: --classes FILE." in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["paint"], ["explain"], ["explain", "x.png", "--channel", "1", "--label", "a"]]
)
def test_wrong_usage(arguments):
    assert run(*arguments).returncode == 2


def test_a_full_disk_leaves_the_old_file(picture, network, monkeypatch, capsys):
    Path("map.npy").write_bytes(b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert explain("--output", "map.npy") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert Path("map.npy").read_bytes() == b"old"
    assert not [name for name in os.listdir() if "part" in name]


def test_interrupted(picture, network, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("occlusion_sensitivity.explaining.occlusion_of", interrupted)
    assert explain("--output", "map.npy") == 130
    assert not Path("map.npy").exists()


def test_the_embedded_names_belong_to_the_embedded_network():
    net, names = imagePretrainedNetwork()
    assert names.shape == (1000,)
    assert net.predict(np.zeros((224, 224, 3))).shape == (1, 1000)
    assert json.dumps(names[[0, 967, 999]].tolist()) == '["tench", "espresso", "toilet tissue"]'


def test_names_that_are_no_formulas_and_no_text(picture, network, tmp_path, capsys):
    (tmp_path / "names.txt").write_text("a$\\frac$\n猫\nb\x1b[31m\nc\n\n", encoding="utf-8")
    for channel in "123":
        assert explain("--channel", channel) == 0
    printed, error = capsys.readouterr()
    assert "\x1b" not in printed
    assert "b?[31m" in printed
    assert error == ""


@pytest.mark.parametrize(
    "form", [["--mask-value", "-1,-2,-3"], ["--mask-value=-1,-2,-3"], ["--mask-value", "-1 -2 -3"]]
)
def test_negative_mask_values(picture, network, form):
    assert explain("--channel", "1", "--output", "a.npy", "--mask-value", "-1", "-2", "-3") == 0
    assert explain("--channel", "1", "--output", "b.npy", *form) == 0
    np.testing.assert_array_equal(np.load("a.npy"), np.load("b.npy"))


@pytest.mark.parametrize("how", ["| true", "| head -n 1", "> /dev/full", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_the_result_is_written_whatever_becomes_of_the_printing(picture, network, how):
    command = f"'{COMMAND}' explain picture.png --network net.onnx --output map.npy {how}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert np.load("map.npy").shape == (12, 10)
    assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_ascii_only(picture, network):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for arguments in (["explain", "picture.png", "--network", "net.onnx"], ["explain", "--help"]):
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""


def test_a_pipe_is_no_picture(network, capsys):
    os.mkfifo("pipe.png")
    assert main(["explain", "pipe.png"]) == 1
    assert "IMAGE must be the path of a file, but is 'pipe.png'." in capsys.readouterr().err


@pytest.mark.parametrize("how", [">&-", ">&- 2>&-"])
@pytest.mark.parametrize("arguments", ["demo", "parity nothing_*", "explain nowhere.png"])
def test_closed_streams_are_no_errors(how, arguments):
    done = subprocess.run(["bash", "-c", f"'{COMMAND}' {arguments} {how}"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if arguments == "demo" else 1), done.stderr
    if arguments == "demo":
        assert Path("occlusion-sensitivity-demo.png").stat().st_size > 1000
