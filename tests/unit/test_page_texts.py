"""Pages to explore as texts: what is refused, and what is said where there is nothing to see."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import explain, importNetworkFromONNX, map_page

SEED = 15


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("x", np.eye(3)), {}, TypeError, "scoreMap must be a numeric array"),
        ((np.zeros(3), np.eye(3)), {}, ValueError, "scoreMap must be a numeric array, rows×columns or rows×columns×K"),
        ((np.eye(3), [["a"]]), {}, TypeError, "X must be a numeric or logical array"),
        (
            (np.eye(3), np.eye(3)),
            {"classNames": ["a", "b"]},
            ValueError,
            "classNames must hold a name for each of the 1",
        ),
        ((np.eye(3), np.eye(3)), {"classNames": 3}, TypeError, "classNames must be a text for each map, but is 3."),
        ((np.eye(3), np.eye(3)), {"boxes": np.zeros((2, 3, 4))}, ValueError, "boxes must be finite, of 3×3×4"),
        ((np.eye(3), np.eye(3)), {"boxes": "x"}, TypeError, "boxes must be a numeric array of 3×3×4"),
        ((np.eye(3), np.eye(3)), {"colormap": "x"}, ValueError, "colormap must be one of jet, diverging"),
        ((np.eye(3), np.eye(3)), {"longest_side": 0}, ValueError, "longest_side must be a positive integer"),
        ((np.eye(3), np.eye(3)), {"upsampling": "none"}, ValueError, "upsampling must be one of bicubic, nearest"),
    ],
)
def test_bad_arguments_of_map_page(arguments, options, error, message):
    with pytest.raises(error) as raised:
        map_page(*arguments, **options)
    assert message in str(raised.value)


def test_a_page_says_that_there_is_nothing_to_see(tmp_path):
    print(f"seed {SEED}")
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(SEED)))
    assert "No mask changes the score." in map_page(np.zeros((3, 3)), np.eye(3))
    assert "No mask lowers the score." in map_page(-np.eye(3), np.eye(3))
    assert "No mask" not in map_page(-np.eye(3), np.eye(3), colormap="diverging")
    assert "No mask" not in map_page(np.eye(3), np.eye(3))
    black = np.zeros((30, 40, 3), dtype=np.uint8)  # of which a mask of its mean is a part
    page = explain(black, net, [*"abcd"], channel=[1, 3], pixel_range=1).page()
    assert "No mask changes the probability." in page
    assert page.count("· no mask changes it</option>") == 2


def test_a_mask_at_every_pixel_takes_little_room():
    rng = np.random.default_rng(SEED)
    places = np.arange(224)
    down, across = np.broadcast_arrays(places[:, np.newaxis] * 5.3571, places * 7.1429)
    boxes = np.stack([down, down + 240, across, across + 320], axis=2)
    noise = rng.integers(0, 256, (1200, 1600, 3)).astype(np.uint8)
    page = map_page(rng.normal(size=(224, 224)), noise, boxes=boxes)
    assert len(page) < 3_000_000


def test_the_representation_of_a_page_is_short():
    """A notebook keeps it beside the page."""
    page = map_page(np.eye(3), np.eye(3))
    assert repr(page) == f"Page of {len(page)} characters"
    assert str(page).startswith("<!DOCTYPE html>")


def test_a_name_that_is_no_text(tmp_path):
    """On Linux, a file's name may be any bytes; Python has them as lone surrogates."""
    page = map_page(np.eye(3), np.eye(3), title="cat\udcff.png", details={"\udcff": "\udcfe"})
    page.save(tmp_path / "page.html")
    assert "<h1>cat?.png</h1>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written(tmp_path):
    page = map_page(np.eye(3), np.eye(3))
    with pytest.raises(TypeError, match=r"^file must be the path of a file, but is None\.$"):
        page.save(None)
    with pytest.raises(FileNotFoundError, match="file: there is no folder"):
        page.save(tmp_path / "nowhere" / "page.html")
