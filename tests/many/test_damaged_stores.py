"""Stores of which a part was cut off, lost or changed: the next run makes them whole, and nobody reads a wrong map."""

import itertools
import shutil

import numpy as np
import pytest

import networks
from faults import OPTIONS, add_picture, differing, seeded
from occlusion_sensitivity import explain_images, importNetworkFromONNX, open_maps

ARRAYS = ["drops", "score", "channel", "size", "sha256", "error", "checksum", "state", "name", "deletion", "insertion"]
DAMAGES = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "empty": lambda file: file.write_bytes(b""),
    "gone": lambda file: file.unlink(),
    "changed": lambda file: file.write_bytes(changed(file.read_bytes())),
    "of another": lambda file: file.write_bytes(of_another(file)),
}


def changed(content):
    """One bit, somewhere."""
    bits = np.unpackbits(np.frombuffer(content, dtype=np.uint8))
    bits[len(bits) // 3] ^= 1
    return np.packbits(bits).tobytes()


def of_another(file):
    """The chunk that follows, if there is one: whole, but not the right one."""
    (chunks,) = (place for place in file.parents if place.name == "c")
    other = chunks.joinpath("1", *file.relative_to(chunks).parts[1:])
    return (other if other.exists() else file).read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Pictures, one of them bad, and their store, of two chunks an array."""
    place = tmp_path_factory.mktemp("whole")
    networks.convolutional(place / "net.onnx", np.random.default_rng(0), size=(24, 20))
    (place / "photos").mkdir()
    for k in range(70):
        add_picture(place / "photos", f"{k:02}.png", k)
    (place / "photos" / "03.png").write_text("no picture")
    explain(place, place / "maps.zarr")
    return place


def explain(place, store):
    return explain_images(importNetworkFromONNX(place / "net.onnx"), place / "photos", store, **OPTIONS)


@pytest.fixture
def store(whole, tmp_path):
    return shutil.copytree(whole / "maps.zarr", tmp_path / "maps.zarr")


READINGS = [
    lambda maps, k: maps[k],
    lambda maps, k: maps.drops(k),
    lambda maps, k: maps.curves("deletion", k),
    lambda maps, k: list(maps)[k],
]


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_chunk(whole, store, array, damage):
    (file, *_) = sorted(file for file in (store / array / "c").rglob("*") if file.is_file())
    DAMAGES[damage](file)
    expected = open_maps(whole / "maps.zarr")
    for reading, k in itertools.product(READINGS, (0, 3, 69)):
        try:
            maps = open_maps(store)
            is_done = k in maps.done
            found = reading(maps, k)
        except ValueError as error:
            assert "is damaged" in str(error)  # noqa: PT017
        else:
            np.testing.assert_array_equal(found, reading(expected, k) if is_done else np.full(found.shape, np.nan))
    assert len(explain(whole, store)) == 70
    assert differing(store, whole / "maps.zarr") == []


def test_damage_in_many_places(whole, tmp_path):
    rng = seeded()
    for number in range(10):
        store = shutil.copytree(whole / "maps.zarr", tmp_path / f"{number}.zarr")
        chunks = sorted(file for file in store.glob("*/c/**/*") if file.is_file())
        for file in rng.sample(chunks, rng.randrange(2, len(chunks) + 1)):
            DAMAGES[rng.choice(list(DAMAGES))](file)
        explain(whole, store)
        assert differing(store, whole / "maps.zarr") == []


def test_what_is_gone_stays_without_what_was_damaged(whole, tmp_path, store):
    """Images that are no longer given are not explained again: nothing of theirs is damaged afterwards."""
    (store / "error" / "c" / "0").write_bytes(b"")
    (store / "score" / "c" / "1" / "0").write_bytes(b"")
    add_picture(tmp_path, "00.png", 0)
    with pytest.warns(RuntimeWarning, match="69 images of the store are not among those given"):
        maps = explain_images(importNetworkFromONNX(whole / "net.onnx"), tmp_path / "00.png", store, **OPTIONS)
    states = maps.table()["state"].tolist()
    assert states == ["done"] * 3 + ["to do"] + ["done"] * 60 + ["to do"] * 6
    np.testing.assert_array_equal(maps[63], open_maps(whole / "maps.zarr")[63])


@pytest.mark.parametrize("array", ARRAYS)
def test_damage_where_images_are_added(whole, tmp_path, array):
    photos = shutil.copytree(whole / "photos", tmp_path / "photos")
    net = importNetworkFromONNX(whole / "net.onnx")
    files = sorted(photos.iterdir())
    for store in ("maps.zarr", "undisturbed.zarr"):
        explain_images(net, files[:40], tmp_path / store, **OPTIONS)
        if store == "maps.zarr":
            DAMAGES["cut off"](next(file for file in (tmp_path / store / array / "c").rglob("*") if file.is_file()))
        explain_images(net, files, tmp_path / store, **OPTIONS)
    assert differing(tmp_path / "maps.zarr", tmp_path / "undisturbed.zarr") == []


@pytest.mark.parametrize("damage", ["cut off", "empty", "gone"])
@pytest.mark.parametrize("array", ["", *ARRAYS])
def test_what_describes_it_is_damaged(whole, store, array, damage):
    file = store / array / "zarr.json"
    content = file.read_bytes()
    DAMAGES[damage](file)
    with pytest.raises(ValueError, match="store: '.*maps.zarr' is (no store of maps, or )?damaged"):
        open_maps(store)
    with pytest.raises(ValueError, match="store: '.*maps.zarr' is damaged"):
        explain(whole, store)
    file.write_bytes(content)
    assert differing(store, whole / "maps.zarr") == []
