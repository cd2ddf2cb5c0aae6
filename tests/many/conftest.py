"""What the tests of many images have in common."""

import numpy as np
import pytest

import networks
from faults import Scene, end_all
from occlusion_sensitivity import explain_images, importNetworkFromONNX
from occlusion_sensitivity.pictures import encoded

SIZE = (12, 10, 3)


@pytest.fixture
def network_file(tmp_path):
    return networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0), largest=255)


@pytest.fixture
def store(tmp_path):
    """Where none is yet."""
    return tmp_path / "maps.zarr"


@pytest.fixture
def net(network_file):
    return importNetworkFromONNX(network_file)


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (5, *SIZE)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, images):
    """Five pictures, two of them deeper, and what is no picture."""
    names = ["b.png", "a.PNG", "c.png", "deep/er/a.png", "deep/z.png"]
    root = tmp_path / "photos"
    for name, image in zip(names, images, strict=True):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(image, "PNG"))
    (root / "labels.csv").write_text("a,b")
    (root / ".hidden.png").write_text("no picture")
    (root / ".cache").mkdir()
    (root / ".cache" / "d.png").write_text("no picture")
    return root


@pytest.fixture
def maps(net, folder, tmp_path):
    """Of these pictures, and of one that cannot be read."""
    (folder / "bad.png").write_text("no picture")
    return explain_images(net, folder, tmp_path / "maps.zarr", ["one", "two", "three", "four"], Stride=2)


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """A network, 150 pictures, and the store that an undisturbed run makes of them."""
    return Scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(autouse=True)
def no_process_goes_on():
    yield
    end_all()
