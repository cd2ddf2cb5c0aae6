"""occlusion-sensitivity plan: what incremental inference would bring, as text and as a picture."""

import re

import numpy as np
import pytest
from onnx import helper
from PIL import Image

import networks
from occlusion_sensitivity import importNetworkFromONNX, imread, inference, occlusionSensitivity
from occlusion_sensitivity.cli import main


@pytest.fixture(autouse=True)
def in_a_folder_with_networks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0), size=(24, 20))
    networks.fully_convolutional(tmp_path / "any.onnx", np.random.default_rng(0))
    nodes = [helper.make_node("Relu", ["image"], ["a"]), helper.make_node("Neg", ["image"], ["b"])]
    shape = ["N", 3, 24, 20]
    networks.save(tmp_path / "two.onnx", nodes, {}, {"image": shape}, {"a": shape, "b": shape})
    networks.linear(tmp_path / "linear.onnx", np.random.default_rng(0).normal(size=(2, 24, 20, 3)))


def plan(capsys, *arguments):
    status = main(["plan", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def share(text):
    return float(text.rstrip("%")) / 100


def test_the_embedded_network(capsys):
    status, out, _ = plan(capsys, "efficientnet-lite0", "--output", "plan.png")
    assert status == 0
    title, _, heads, *rows = out.splitlines()
    assert title == "efficientnet-lite0.onnx, images of 224×224×3, 11×11 masks of 45×45, 22×22 apart"
    assert heads.split() == ["stage", "operators", "gives", "computed", "for", "a", "mask", "share", "work", "left"]
    stages = [row for row in rows if re.match(r" +\d", row)]
    assert len(stages) == int(rows[-3].split()[0])
    assert re.match(r" +1  Sub, Div  +3×224×224 +\d+×\d+ … 45×45  ", stages[0])
    of_stages = [[share(word) for word in row.split()[-3:]] for row in stages]
    behind = [share(word) for word in rows[len(stages)].split()[-3:]]
    work, left = (sum(row[column] for row in (*of_stages, behind)) for column in (1, 2))
    total, all_left = (share(word) for word in rows[len(stages) + 1].split()[-2:])
    assert total == 1
    assert abs(work - 1) < 0.01
    assert abs(left - all_left) < 0.01
    assert all(0 < row[0] <= 1 and abs(row[0] * row[1] - row[2]) < 0.0015 for row in of_stages)
    assert [row[0] for row in of_stages] == sorted(row[0] for row in of_stages)
    assert rows[-3].endswith("stages are computed where masks reach; GlobalAveragePool ends them.")
    gain = float(re.search(r"expected to be (\d\.\d\d) times as fast", rows[-2])[1])
    assert 1.2 < gain < 1 / all_left
    assert rows[-1] == "Written: plan.png"
    pixels = imread("plan.png")
    assert (pixels == [194, 65, 12]).all(axis=2).mean() > 0.2  # what is computed again
    assert (pixels == [226, 232, 240]).all(axis=2).mean() > 0.2  # what is spared


def test_it_is_the_plan_of_the_map(capsys, monkeypatch):
    monkeypatch.setattr(inference, "LEAST_GAIN", 0.0)
    _, out, _ = plan(capsys, "net.onnx", "--mask-size", "6", "5", "--stride", "3,2", "--clipping", "off")
    assert out.startswith("net.onnx, images of 24×20×3, 7×8 masks of 6×5, 3×2 apart\n")
    net = importNetworkFromONNX("net.onnx", Inference="incremental")
    X = np.random.default_rng(0).uniform(size=(24, 20, 3))
    occlusionSensitivity(net, X, 1, MaskSize=[6, 5], Stride=[3, 2], MaskClipping="off")
    assert f"expected to be {inference.state(net.network).gain:.2f} times as fast" in out


def test_shares_are_those_of_the_positions_that_masks_reach(capsys, monkeypatch):
    """One convolution of 3×3 with padding: masks of 6×5 reach 8×7 of its 24×20 positions, and 7 and 6 at the edges."""
    monkeypatch.setattr(inference, "LEAST_GAIN", 0.0)
    _, out, _ = plan(capsys, "net.onnx", "--mask-size", "6,5", "--stride", "18,15", "--clipping", "off")
    (first,) = re.findall(r"^ +1  .*$", out, re.MULTILINE)
    assert first.split()[1:4] == ["Conv", "6×24×20", "7×6"]
    assert abs(share(first.split()[-3]) - 7 * 6 / (24 * 20)) < 0.001


@pytest.mark.parametrize("ending", ["jpg", "pdf", "svg", "PNG"])
def test_pictures(capsys, ending):
    status, out, _ = plan(capsys, "net.onnx", "--output", f"plan.{ending}")
    assert status == 0
    assert out.endswith(f"Written: plan.{ending}\n")
    begins = {"jpg": b"\xff\xd8", "pdf": b"%PDF", "svg": b"<?xml", "PNG": b"\x89PNG"}[ending]
    with open(f"plan.{ending}", "rb") as file:
        assert file.read(5).startswith(begins)


def test_a_long_name_fits(capsys, tmp_path):
    name = "a_network_with_a_long_name_" * 5 + ".onnx"
    (tmp_path / "net.onnx").rename(name)
    assert plan(capsys, name, "--output", "plan.png")[0] == 0
    with Image.open("plan.png") as picture:
        assert picture.size == (800, 450)
        edges = np.asarray(picture.convert("L"))[:, [0, -1]]
    assert (edges == 255).all()  # nothing is cut off


def test_a_plan_that_does_not_pay(capsys):
    status, out, _ = plan(capsys, "net.onnx", "--mask-size", "24,20")
    assert status == 0
    assert "That does not pay: maps are computed exhaustively." in out


def test_a_network_that_is_evaluated_exhaustively(capsys, tmp_path):
    status, out, _ = plan(capsys, "linear.onnx", "--output", "plan.png")
    assert status == 0
    assert out.splitlines() == [
        "linear.onnx is evaluated exhaustively: it begins with Flatten.",
        "There is nothing to draw: plan.png is not written.",
    ]
    assert not (tmp_path / "plan.png").exists()


def test_images_of_any_size(capsys):
    status, out, _ = plan(capsys, "any.onnx", "--image-size", "40", "30")
    assert status == 0
    assert out.startswith("any.onnx, images of 40×30×3, 10×10 masks of 8×6, 4×3 apart")


def test_an_inner_layer(capsys):
    _, out, _ = plan(capsys, "net.onnx", "--layer", "relu")
    assert "1 of 1 stages are computed where masks reach." in out
    assert main(["plan", "net.onnx", "--layer", "no_such_layer"]) == 1
    assert "--layer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["missing.onnx"], "NETWORK: there is no file 'missing.onnx'"),
        (["no-such-network"], "no published network of that name"),
        (["any.onnx"], "--image-size says which are meant"),
        (["net.onnx", "--image-size", "30"], "--image-size must be pixels"),
        (["any.onnx", "--image-size", "9,9,4"], "--image-size must be pixels"),
        (["any.onnx", "--image-size", "9,9,3,1"], "--image-size must be pixels"),
        (["two.onnx"], "net must have one output"),
        (["any.onnx", "--image-size", "0"], "--image-size must be pixels"),
        (["any.onnx", "--image-size", "large"], "--image-size must be pixels"),
        (["net.onnx", "--mask-size", "25"], "--mask-size must be at most the input size, 24×20"),
        (["net.onnx", "--stride", "0"], "--stride must be"),
        (["net.onnx", "--clipping", "maybe"], "--clipping must be one of on, off"),
        (["net.onnx", "--output", "plan.npy"], "--output must be a file that ends in .png"),
        (["net.onnx", "--output", "folder/plan.png"], "--output: there is no folder"),
        (["efficientnet-lite0", "--layout", "BSSC"], "--layout is for an ONNX file, which NETWORK names"),
    ],
)
def test_what_is_refused(capsys, typed, message, tmp_path):
    before = sorted(tmp_path.iterdir())
    status, _, err = plan(capsys, *typed)
    assert status == 1
    assert message in err
    assert sorted(tmp_path.iterdir()) == before
