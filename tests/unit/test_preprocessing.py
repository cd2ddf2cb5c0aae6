"""Whether the values of a photograph fit what a network takes."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import networks
from occlusion_sensitivity import explain, imageInputLayer, imagePretrainedNetwork, importNetworkFromONNX
from occlusion_sensitivity.pictures import imread

COMMAND = str(Path(sys.executable).with_name("occlusion-sensitivity"))
# A few masks: it is about the values.
FEW = {"Stride": 1000}


@pytest.fixture(scope="module")
def coffee():
    import importlib.resources

    return imread(importlib.resources.files("occlusion_sensitivity") / "data" / "coffee.jpg")


@pytest.fixture(scope="module")
def embedded():
    return imagePretrainedNetwork()


def test_pixels_of_one_for_a_network_of_255(embedded, coffee):
    with pytest.warns(RuntimeWarning, match="0 to 1, hardly fit .* no picture at all, .*0…255.* pixel_range=255"):
        explain(coffee, *embedded, pixel_range=1, **FEW)
    with pytest.warns(RuntimeWarning, match="hardly fit"):
        explain(coffee / 255, *embedded, **FEW)


def test_pixels_of_255_for_a_network_of_one(tmp_path):
    """Whose logits are so large that one class is certain, whatever the picture."""
    weight = np.zeros((2, 8, 8, 3))
    weight[0, :4], weight[0, 4:] = 0.04, -0.035
    halves = np.repeat([250, 0], 20).astype(np.uint8)[:, np.newaxis].repeat(40, axis=1)
    file = networks.linear(tmp_path / "a.onnx", weight, softmax=True)
    with pytest.warns(RuntimeWarning, match="0 to 25., hardly fit .* no picture at all, .*0…1 .* pixel_range=1"):
        explain(halves, importNetworkFromONNX(file), channel=1, **FEW)


@pytest.mark.parametrize("name", ["coffee", "camera", "chelsea", "rocket"])
def test_nothing_is_said_of_values_that_fit(embedded, real_networks, shared, name):
    (file,) = (shared / "photos").glob(f"skimage_{name}.*")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explain(file, *embedded, **FEW)
        explain(file, real_networks["cifar"].net, channel=1, pixel_range=1, **FEW)
        explain(file, real_networks["vww"].net, channel=1, **FEW)
        explain(file, real_networks["digits"].net, channel=1, pixel_range=1, **FEW)


def test_a_mean_of_pixels_of_one(real_networks, coffee):
    with pytest.warns(RuntimeWarning, match=r"its mean is \[0.485, 0.456, 0.406\], as of pixels of 0…1. pixel_range=1"):
        explain(coffee, real_networks["vww"].net, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], **FEW)
    layer = imageInputLayer([96, 96, 3], Normalization="zscore", Mean=[0.485, 0.456, 0.406], StandardDeviation=0.22)
    with pytest.warns(RuntimeWarning, match="its mean is"):
        explain(coffee, importNetworkFromONNX(real_networks["vww"].file, InputLayer=layer), **FEW)


def test_scores_that_are_the_same_for_all_classes(tmp_path, coffee):
    rng = np.random.default_rng(0)
    net = importNetworkFromONNX(
        networks.linear(tmp_path / "a.onnx", 1e-9 * rng.normal(size=(5, 8, 8, 3)), bias=np.full(5, 2.0))
    )
    with pytest.warns(RuntimeWarning, match="nearly the same for all 5 classes. pixel_range=1.* or mean and std may"):
        explain(coffee, net, channel=1, **FEW)


def test_the_command_line_names_its_options(tmp_path, coffee):
    from PIL import Image

    Image.fromarray(coffee).save(tmp_path / "a.png")
    command = [COMMAND, "explain", "a.png", "--pixel-range", "1", "--stride", "1000", "--output", "a.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith("occlusion-sensitivity: warning: The values of the photograph, 0 to 1, hardly fit")
    assert done.stderr.endswith("--pixel-range 255 gives it those.\n")
    assert done.stderr.count("\n") == 1


def test_the_command_line_names_options_that_were_not_typed(tmp_path, coffee):
    from PIL import Image

    Image.fromarray(coffee).save(tmp_path / "a.png")
    networks.linear(tmp_path / "a.onnx", np.zeros((5, 8, 8, 3)), bias=np.full(5, 2.0))
    command = [COMMAND, "explain", "a.png", "--network", "a.onnx", "--output", "a.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr.endswith("--pixel-range 1 or --mean and --std may mend it.\n")
