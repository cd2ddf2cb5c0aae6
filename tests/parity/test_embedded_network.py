"""The embedded network and class names against the project's own conversion and list."""

import numpy as np
import onnxruntime
import pytest

from occlusion_sensitivity import imagePretrainedNetwork, imread, imresize
from occlusion_sensitivity.pictures import in_channels

pytestmark = pytest.mark.parity


@pytest.mark.parametrize("photo", ["coffee.png", "camera.png", "chelsea.png", "rocket.jpg"])
def test_probabilities(shared, photo):
    net, _ = imagePretrainedNetwork()
    file = shared / "networks" / "efficientnet-lite0-rgb255-softmax-wfp16.onnx"
    other = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    X = imresize(in_channels(imread(shared / "photos" / f"skimage_{photo}"), 3), [224, 224])
    (expected,) = other.run(None, {"input": X.transpose(2, 0, 1)[np.newaxis].astype(np.float32)})
    assert np.abs(net.predict(X) - expected).max() < 1e-4


def test_class_names(shared):
    _, names = imagePretrainedNetwork()
    listed = (shared / "networks" / "imagenet1k_torchvision_names.txt").read_text(encoding="utf-8")
    assert names.tolist() == listed.splitlines()
