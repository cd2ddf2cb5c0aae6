"""explain on the command line: whose photograph, which classes, what is written and said."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import networks
from occlusion_sensitivity import explain, importNetworkFromONNX, inference
from occlusion_sensitivity.cli import main

COMMAND = str(Path(sys.executable).with_name("occlusion-sensitivity"))
NAMES = ["cat", "dog", "bird", "Fish"]


@pytest.fixture(autouse=True)
def in_a_folder_with_a_network(tmp_path, monkeypatch):
    """12×10×3, four classes, with names; and a photograph."""
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("\n".join(NAMES), encoding="utf-8")
    networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))
    Image.fromarray(photograph()).save("picture.png")


def photograph(rows=60, cols=40):
    return np.random.default_rng(0).integers(0, 256, (rows, cols, 3)).astype(np.uint8)


def run(*arguments, picture="picture.png"):
    return main(
        ["explain", picture, "--network", "net.onnx", "--classes", "names.txt", "--pixel-range", "1", *arguments]
    )


@pytest.fixture
def net():
    return importNetworkFromONNX("net.onnx")


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        (["--top", "3"], {"top": 3}),
        (["--label", "FISH", "--label", "cat"], {"label": ["Fish", "cat"]}),
        (["--channel", "2", "--channel", "4"], {"channel": [2, 4]}),
        (["--channel", "2", "4"], {"channel": [2, 4]}),
        (["--channel", "2,4"], {"channel": [2, 4]}),
        (["--label", "Bird"], {"label": "bird"}),
        (["--fit", "crop", "--channel", "1"], {"fit": "crop", "channel": 1}),
        (
            ["--mean", ".4", ".5", ".6", "--std", ".2"],
            {"mean": [0.4, 0.5, 0.6], "std": 0.2},
        ),
        (["--layer", "relu", "--channel", "6"], {"layer": "relu", "channel": 6}),
        (["--layout", "bcss", "--channel", "1"], {"channel": 1}),
    ],
)
def test_what_is_typed_is_what_explain_takes(net, typed, options):
    assert run(*typed, "--output", "x.npy") == 0
    expected = explain("picture.png", net, NAMES, pixel_range=1, **options).map
    np.testing.assert_array_equal(np.load("x.npy"), expected)


def test_what_is_said_of_each_class(net, capsys):
    assert run("--top", "2", "--output", "x.npy") == 0
    result = explain("picture.png", net, NAMES, pixel_range=1, top=2)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 4 + 2 + 1
    for k, line in enumerate(printed[4:6]):
        peak = result.peak(k)
        place = f"peaks at row {peak.row}, column {peak.column}: "
        assert line.startswith(f"In the photograph, 60×40, the map of {result.classes[k]!r} {place}")


def test_in_the_network_s_image(net, capsys):
    assert run("--channel", "1", "--frame", "network") == 0
    peak = explain("picture.png", net, pixel_range=1, channel=1).peak(frame="network")
    said = f"In the network's image, 12×10, the map of 'cat' peaks at row {peak.row}, column {peak.column}: "
    assert said in capsys.readouterr().out


def test_small_drops_are_printed_with_their_digits(tmp_path, capsys):
    weight = np.zeros((1, 12, 10, 3))
    weight[0, 3, 3] = 1e-9
    networks.linear(tmp_path / "small.onnx", weight)
    Image.fromarray(np.full((12, 10, 3), 200, np.uint8)).save("grey.png")
    assert main(["explain", "grey.png", "--network", "small.onnx", "--mask-value", "0", "--output", "x.npy"]) == 0
    printed = capsys.readouterr().out
    assert " 6e-07  channel 1" in printed
    assert ": 6e-07, under the mask on rows " in printed


def test_a_flat_map_says_that_no_mask_changes_the_score(tmp_path, capsys):
    networks.linear(tmp_path / "flat.onnx", np.zeros((1, 12, 10, 3)), bias=np.array([2.0]))
    assert main(["explain", "picture.png", "--network", "flat.onnx"]) == 0
    assert "No mask changes the score of 'channel 1'." in capsys.readouterr().out


def test_a_score_that_only_rises(tmp_path, capsys):
    networks.linear(tmp_path / "rise.onnx", np.full((1, 12, 10, 3), -1.0))
    white = np.full((12, 10, 3), 255, dtype=np.uint8)
    Image.fromarray(white).save("white.png")
    arguments = ["explain", "white.png", "--network", "rise.onnx", "--mask-value", "0"]
    for colormap in ("jet", "diverging"):
        assert main([*arguments, "--colormap", colormap]) == 0
    assert "No mask lowers its score." in capsys.readouterr().out


def test_photographs_of_the_same_name(capsys):
    """Neither loses the other's map; the same one again takes its place."""
    for folder, shift in (("a", 0), ("b", 50)):
        Path(folder).mkdir()
        Image.fromarray(photograph() // 2 + np.uint8(shift)).save(f"{folder}/cat.png")
    assert run("--channel", "1", picture="a/cat.png") == 0
    first = Path("cat-occlusion.png").read_bytes()
    assert run("--channel", "1", picture="b/cat.png") == 0
    assert "Written: cat-occlusion-2.png" in capsys.readouterr().out
    assert Path("cat-occlusion.png").read_bytes() == first
    assert run("--channel", "2", picture="a/cat.png") == 0
    assert Path("cat-occlusion.png").read_bytes() != first
    assert run("--channel", "2", picture="b/cat.png") == 0
    assert sorted(file for file in os.listdir() if "occlusion" in file) == ["cat-occlusion-2.png", "cat-occlusion.png"]


def test_a_file_that_is_no_map_is_left_alone():
    Path("picture-occlusion.png").write_bytes(b"mine")
    assert run("--channel", "1") == 0
    assert Path("picture-occlusion.png").read_bytes() == b"mine"
    assert Path("picture-occlusion-2.png").is_file()


def test_published_networks_and_imagenet_s_classes(capsys):
    Image.fromarray(photograph()).save("noise.png")
    few = ["--stride", "1000", "--output", "x.npy"]
    assert main(["explain", "noise.png", "--network", "EfficientNet-Lite0", "--label", "ESPRESSO", *few]) == 0
    embedded = Path(sys.modules["occlusion_sensitivity"].__file__).parent / "data" / "efficientnet-lite0.onnx"
    by_file = ["--network", str(embedded), "--classes", "imagenet", "--label", "espresso"]
    assert main(["explain", "noise.png", *by_file, *few]) == 0
    first, second = (block for block in capsys.readouterr().out.split("Written: x.npy\n")[:2])
    assert first == second
    assert main(["explain", "noise.png", "--network", "efficientnet-lite0", "--layout", "BCSS", *few]) == 1
    assert "--layout is for an ONNX file" in capsys.readouterr().err


@pytest.mark.parametrize(("ending", "limit"), [(".png", 1000), (".png", 20_000), (".html", 20_000), (".npy", 500)])
def test_a_full_disk(ending, limit):
    """A file cannot become larger than the limit: nothing half written, and one that was there stays."""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    Path(f"x{ending}").write_bytes(b"old")
    command = [COMMAND, "explain", "picture.png", "--network", "net.onnx", "--output", f"x{ending}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limited)
    assert done.returncode == 1
    assert f"x{ending}' cannot be written: File too large" in done.stderr
    assert Path(f"x{ending}").read_bytes() == b"old"
    assert not [name for name in os.listdir() if name.endswith(".part")]


@pytest.mark.parametrize("after", [0.3, 0.6, 1.0])
def test_killed_it_leaves_what_was_there(after):
    Path("x.png").write_bytes(b"old")
    process = subprocess.Popen([COMMAND, "explain", "picture.png", "--output", "x.png"], stdout=subprocess.DEVNULL)
    time.sleep(after)
    process.kill()
    process.wait()
    content = Path("x.png").read_bytes()
    assert content == b"old" or content.endswith(b"IEND\xaeB`\x82")


def test_progress_is_of_all_classes_together(net):
    told = []
    explain("picture.png", net, top=4, pixel_range=1, progress=lambda *done: told.append(done))
    (total,) = {total for _, total in told}
    assert re.fullmatch(r"\d+", str(total))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_incremental_inference(capsys, monkeypatch):
    """The same map, by other means."""
    asked = []
    engine = inference.engine

    def seen(network, *given):
        asked.append(network.inference)
        return engine(network, *given)

    monkeypatch.setattr(inference, "engine", seen)
    for how in ("exhaustive", "incr"):
        assert run("--channel", "1", "--inference", how, "--output", f"{how}.npy") == 0
    np.testing.assert_allclose(np.load("incr.npy"), np.load("exhaustive.npy"), rtol=0, atol=1e-6)
    assert asked == ["exhaustive", "incremental"]
    capsys.readouterr()
    assert run("--inference", "fast") == 1
    assert "--inference must be one of exhaustive, incremental, but is 'fast'" in capsys.readouterr().err
