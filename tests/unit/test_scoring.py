"""The loop over masks: what goes through the network, and how often."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.images import checked_image
from occlusion_sensitivity.network.network import Network
from occlusion_sensitivity.scoring import score_drops

SIZE = (12, 10, 3)


@pytest.fixture
def file(tmp_path):
    """Linear: every pixel counts."""
    return networks.linear(tmp_path / "a.onnx", np.random.default_rng(0).normal(size=(3, *SIZE)))


@pytest.fixture
def images(monkeypatch):
    """How many images a map has put through the network, the first look at two of them left out."""
    counts = []
    run = Network.run

    def counted(net, batch, count=None):
        counts.append(len(batch) if count is None else count)
        return run(net, batch, count)

    monkeypatch.setattr(Network, "run", counted)
    return counts


def picture(seed=0):
    return np.random.default_rng(seed).integers(0, 256, SIZE).astype(np.uint8)


def test_every_mask_and_the_original_once(file, images):
    occlusionSensitivity(importNetworkFromONNX(file), picture(), 1, MaskSize=3, Stride=2, OutputUpsampling="none")
    assert sum(images) == 6 * 5 + 1


def test_masks_that_change_nothing_are_exactly_zero_and_cost_nothing(file, images):
    X = picture()
    X[:, :6] = [10, 20, 30]
    how = {"MaskSize": [4, 2], "Stride": [4, 2], "MaskClipping": "off", "MaskValue": [10, 20, 30]}
    found = occlusionSensitivity(importNetworkFromONNX(file), X, 2, **how, OutputUpsampling="none")
    assert found.shape == (3, 5)
    assert (found[:, :3] == 0).all()
    assert (found[:, 3:] != 0).all()
    assert sum(images) == 3 * 2 + 1


def test_a_pixel_that_differs_in_one_channel_counts(file, images):
    X = np.full(SIZE, 7, dtype=np.uint8)
    X[5, 4, 1] = 8
    how = {"MaskSize": 1, "Stride": 1, "MaskValue": 7, "OutputUpsampling": "none"}
    found = occlusionSensitivity(importNetworkFromONNX(file), X, 2, **how)
    assert np.argwhere(found != 0).tolist() == [[5, 4]]
    assert sum(images) == 1 + 1


def test_an_image_that_is_all_fill_goes_once(file, images):
    found = occlusionSensitivity(importNetworkFromONNX(file), np.full(SIZE, 9, dtype=np.uint8), [1, 2, 3])
    assert found.shape == (*SIZE[:2], 3)
    assert (found == 0).all()
    assert sum(images) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_same_box_once_and_boxes_in_any_order(file, images, seed):
    rng = np.random.default_rng(seed)
    net = importNetworkFromONNX(file)
    image = checked_image(picture(seed), SIZE)
    corners = rng.integers(0, [9, 7], size=(30, 2))
    lengths = rng.integers(1, 4, size=(30, 2))
    boxes = np.stack([corners, corners + lengths], axis=2).reshape(-1, 4).astype(np.int32)
    boxes = boxes[rng.integers(0, 30, size=40)]  # in any order, some of them twice
    fill, channels = np.float32([1, 2, 3]), np.array([2, 0])
    found, totals = score_drops(net.network, image, fill, boxes, channels, 8)
    assert sum(images) == len({tuple(box) for box in boxes.tolist()}) + 1
    alone = [score_drops(net.network, image, fill, box[np.newaxis], channels, 8)[0][0] for box in boxes]
    np.testing.assert_allclose(found, alone, rtol=1e-5, atol=0, err_msg=f"seed {seed}")
    np.testing.assert_allclose(totals, net.predict(picture(seed))[0, channels], rtol=1e-6, err_msg=f"seed {seed}")


def test_an_interrupt_is_answered_within_a_mini_batch(file):
    """What Ctrl-C raises, raised where the call reports its progress: no signal, which a shell may have ignored."""
    net = importNetworkFromONNX(file)
    image = checked_image(picture(), SIZE)
    boxes = np.array([[r, r + 2, c, c + 2] for r in range(11) for c in range(9)], dtype=np.int32)
    done = []

    def progress(count, total):
        done.append(count)
        if len(done) == 3:
            raise KeyboardInterrupt

    how = (net.network, image, np.zeros(3, dtype=np.float32), boxes, np.array([0]), 4)
    with pytest.raises(KeyboardInterrupt):
        score_drops(*how, progress)
    assert len(done) == 3
    told = []
    score_drops(*how, lambda count, total: told.append(count))
    assert told[-1] == len(boxes) + 1
