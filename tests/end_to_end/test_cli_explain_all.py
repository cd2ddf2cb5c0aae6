"""explain-all and show, through the installed command."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import networks
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity, open_maps
from occlusion_sensitivity.pictures import encoded

COMMAND = str(Path(sys.executable).with_name("occlusion-sensitivity"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A network, its class names, and a folder of pictures in which its classes are to be seen."""
    root = tmp_path_factory.mktemp("many")
    weight = np.zeros((3, 8, 8, 3))
    weight[0, :4], weight[1, 4:], weight[2, :, :4] = 0.01, 0.01, 0.01
    networks.linear(root / "net.onnx", weight, softmax=True)
    (root / "names.txt").write_text("upper\nlower\nleft\n")
    (root / "photos" / "deep").mkdir(parents=True)
    X = np.zeros((8, 8, 3), dtype=np.uint8)
    for name, rows in (("a.png", slice(0, 4)), ("b.png", slice(4, 8)), ("deep/a.png", slice(0, 3))):
        picture = X.copy()
        picture[rows] = 200
        (root / "photos" / name).write_bytes(encoded(picture, "PNG"))
    (root / "bad").mkdir()
    (root / "bad" / "x.jpg").write_bytes(b"no picture")
    return root


def run(place, *arguments, status=0):
    done = subprocess.run([COMMAND, *arguments], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


HOW = ("--network", "net.onnx", "--classes", "names.txt", "--stride", "2")


def test_a_folder(place):
    done = run(place, "explain-all", "photos", "--store", "a.zarr", *HOW, "--top", "2")
    assert done.stdout == "3 of 3 maps are in a.zarr\n"
    assert done.stderr == ""
    maps = open_maps(place / "a.zarr")
    assert maps.names == ["a.png", "b.png", "deep/a.png"]
    assert maps.table()["class"][:, 0].tolist() == ["upper", "lower", "upper"]
    net = importNetworkFromONNX(place / "net.onnx")
    X = np.zeros((8, 8, 3), dtype=np.uint8)
    X[:4] = 200
    expected = occlusionSensitivity(net, X, maps.table()["channel"][0], Stride=2)
    np.testing.assert_array_equal(maps[0], expected)
    assert run(place, "show", "a.zarr").stdout == "3 of 3 maps are in a.zarr\n"


def test_several_places_a_pattern_and_workers(place):
    done = run(place, "explain-all", "photos/*.png", "bad", "--store", "b.zarr", *HOW, "--label", "LEFT", status=3)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{place}/bad/x.jpg: '{place}/bad/x.jpg' cannot be read as a picture")
    assert lines[1:] == ["2 of 3 maps are in b.zarr; 1 failed"]
    run(
        place,
        "explain-all",
        "photos/*.png",
        "bad",
        "--store",
        "c.zarr",
        *HOW,
        "--label",
        "left",
        "--workers",
        "2",
        status=3,
    )
    one, other = (open_maps(place / store) for store in ("b.zarr", "c.zarr"))
    for field in ("name", "state", "class", "score", "peak", "sha256", "error"):
        np.testing.assert_array_equal(one.table()[field], other.table()[field])
    np.testing.assert_array_equal(np.stack(list(one)), np.stack(list(other)))
    assert run(place, "show", "b.zarr").stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "--store", "d.zarr"), "FOLDER: there is no folder and no file 'nowhere'."),
        (("photos", "--store", "no/d.zarr"), "--store: there is no folder 'no' for 'd.zarr'."),
        (("photos", "--store", "names.txt"), "--store must be the path of a folder, as maps.zarr, but is 'names.txt'."),
        (("photos", "--store", "photos"), "--store: 'photos' holds other things."),
        (("photos", "--store", "d.zarr", "--workers", "0"), "--workers must be a positive integer, but is 0."),
        (("photos", "--store", "d.zarr", "--workers", "two"), "--workers must be a positive integer, but is 'two'."),
        (
            ("photos", "--store", "d.zarr", "--label", "cup"),
            "--label must be a class name of the network, but is 'cup'",
        ),
        (("photos", "--store", "d.zarr", "--top", "4"), "--top must be an integer from 1 to 3, but is 4."),
        (("photos", "--store", "d.zarr", "--mask-size", "9"), "--mask-size must be at most the input size, 8×8"),
        (("bad", "--store", "d.zarr", "--on-error", "raise"), "x.jpg: 'x.jpg' cannot be read as a picture"),
    ],
)
def test_errors_name_what_was_typed(place, arguments, said):
    done = run(place, "explain-all", *arguments, *HOW, status=1)
    assert done.stderr.startswith(f"occlusion-sensitivity: error: {said}")
    assert done.stdout == ""


def test_show_of_what_is_no_store(place):
    assert "store: there is no folder 'nothing.zarr'" in run(place, "show", "nothing.zarr", status=1).stderr
    assert "is no store of maps, or damaged" in run(place, "show", "photos", status=1).stderr


def test_a_warning_where_the_values_hardly_fit(place):
    done = run(place, "explain-all", "photos", "--store", "e.zarr", *HOW, "--mean", "0.5", "--std", "0.5")
    assert "warning: 'a.png': The values of the photograph, 0 to 200, hardly fit" in done.stderr
    assert "--pixel-range 1 makes them that" in done.stderr
