"""What draw_map, map_page and an Explanation refuse, and images of classes that imresize does not take."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import networks
from occlusion_sensitivity import draw_map, explain, importNetworkFromONNX, map_page

SEED = 15
MAP, X = np.eye(4), np.zeros((40, 60), dtype=np.uint8)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    print(f"seed {SEED}")
    file = networks.convolutional(tmp_path_factory.mktemp("net") / "net.onnx", np.random.default_rng(SEED))
    return explain(np.arange(2700, dtype=np.uint8).reshape(30, 30, 3), importNetworkFromONNX(file), channel=[1, 3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"title": 5}, "title must be a text, but is 5."),
        ({"label": None}, "label must be a text, but is None."),
        ({"ax": 5}, "ax must be axes of matplotlib, but is 5."),
    ],
)
def test_draw_map_refuses(options, message):
    with pytest.raises(TypeError) as error:
        draw_map(MAP, X, **{"ax": Figure().subplots(), **options})
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"title": None}, "title must be a text, but is None."),
        ({"details": ["a"]}, "details must be a mapping of names to what is listed, but is ['a']."),
    ],
)
def test_map_page_refuses(options, message):
    with pytest.raises(TypeError) as error:
        map_page(MAP, X, **options)
    assert str(error.value) == message


@pytest.mark.parametrize("of_class", ["draw", "drops", "peak", "is_flat"])
@pytest.mark.parametrize(
    ("k", "error"), [(2, ValueError), (-1, ValueError), (1.5, TypeError), ("1", TypeError), (True, TypeError)]
)
def test_there_is_no_such_class(result, of_class, k, error):
    with pytest.raises(error, match="^k must be an integer from 0 to 1, but is "):
        getattr(result, of_class)(k=k)


def test_an_explanation_refuses(result):
    with pytest.raises(ValueError, match="^frame must be one of photograph, network, but is 'x'"):
        result.peak(frame="x")
    with pytest.raises(ValueError, match="^count must be a positive integer, but is -1"):
        result.best(-1)


@pytest.mark.parametrize("text", ["$x$", "汉字"])
def test_the_label_of_the_bar_is_text(text, tmp_path):
    """No formula, and no warning of characters that the usual fonts do not have."""
    figure = Figure()
    draw_map(MAP, X, label=text, ax=figure.subplots())
    figure.savefig(tmp_path / "map.png")
    assert not figure.axes[1].yaxis.label.get_parse_math()


@pytest.mark.parametrize("kind", [np.float16, np.longdouble, np.int64, np.uint64])
def test_images_of_every_class_are_made_smaller(kind):
    image = np.zeros((40, 60), dtype=kind)
    image[10:30, 20:40] = 1
    pages = [map_page(MAP, image.astype(of), longest_side=30) for of in (kind, np.float64)]
    assert pages[0].partition("data:image/jpeg")[2][:500] == pages[1].partition("data:image/jpeg")[2][:500]
