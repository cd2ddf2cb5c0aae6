"""Pictures that cannot be read, that make the network fail, or that end the process in which they are decoded."""

import os
import shutil

import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from onnx import helper

import networks
from faults import Run, add_picture, differing
from occlusion_sensitivity import explain_images, importNetworkFromONNX, open_maps
from occlusion_sensitivity.pictures import encoded

KILLED = "Each process that computed its map was killed, one after the other."


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for k in range(12):
        add_picture(folder, f"{k:02}.png", k)
    return folder


@pytest.mark.parametrize("client", [1, "a client that exists"])
def test_a_picture_that_kills_its_process(scene, photos, tmp_path, client):
    """It is tried by several workers; all others are done, also those that waited behind it each time that a worker was
    killed; and it is tried again by the next run.
    """
    (photos / "00.png").rename(photos / "00-kills.png")
    run = Run(scene, tmp_path / "maps.zarr", client, images=photos).succeeds()
    maps = open_maps(run.store)
    assert maps.failed == {"00-kills.png": KILLED}
    assert len(maps.done) == 11
    assert 4 < run.computed.count("00-kills.png") <= 8
    scene.explain(run.store, photos)
    scene.explain(tmp_path / "undisturbed.zarr", photos)
    assert differing(run.store, tmp_path / "undisturbed.zarr") == []


def test_the_first_error_may_end_the_run(scene, photos, tmp_path):
    (photos / "05.png").write_text("no picture")
    run = Run(scene, tmp_path / "maps.zarr", 2, images=photos, on_error="raise")
    assert run.end() == 1
    assert "RuntimeError: 05.png: '05.png' cannot be read as a picture" in run.printed
    maps = open_maps(run.store)
    assert list(maps.failed) == ["05.png"]
    assert len(maps.done) >= run.reported - 1


def test_a_picture_that_cannot_be_read(scene, photos, tmp_path):
    """Neither can root read them."""
    (photos / "01.png").unlink()
    (photos / "01.png").symlink_to("/proc/self/mem")
    (photos / "02.png").write_bytes(b"")
    (photos / "03.png").write_bytes((photos / "03.png").read_bytes()[:200])
    (photos / os.fsdecode(b"caf\xe9.png")).write_bytes(b"no picture")
    shutil.copy(photos / "04.png", photos / os.fsdecode(b"\xff.png"))
    if os.geteuid() != 0:
        (photos / "05.png").chmod(0)
    for client in (None, 2):
        run = Run(scene, tmp_path / f"{client}.zarr", client, images=photos).succeeds()
        failed = open_maps(run.store).failed
        assert failed.pop("01.png") == "The file cannot be read: Input/output error."
        assert "'02.png' cannot be read as a picture" in failed.pop("02.png")
        assert "'03.png' cannot be read as a picture" in failed.pop("03.png")
        assert "cannot be read as a picture" in failed.pop(r"caf\udce9.png")
        if os.geteuid() != 0:
            assert failed.pop("05.png") == "The file cannot be read: Permission denied."
        assert failed == {}
    assert r"\udcff.png" in open_maps(run.store).names


def test_a_picture_that_makes_the_network_fail(tmp_path, photos):
    """It is too small for a convolution without a border."""
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["conv"]),
        helper.make_node("GlobalAveragePool", ["conv"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["score"]),
    ]
    kernel = np.random.default_rng(0).normal(size=(4, 3, 9, 9)).astype(np.float32)
    shapes = {"input": ["N", 3, "H", "W"]}, {"score": ["N", 4]}
    net = importNetworkFromONNX(networks.save(tmp_path / "net.onnx", nodes, {"kernel": kernel}, *shapes))
    (photos / "03.png").write_bytes(encoded(np.full((4, 4, 3), 9, dtype=np.uint8), "PNG"))
    maps = explain_images(net, photos, tmp_path / "maps.zarr", Stride=6, pixel_range=1)
    assert list(maps.failed) == ["03.png"]
    assert "onnx" in maps.failed["03.png"].lower() or "network" in maps.failed["03.png"].lower()
    assert len(maps.done) == 11


def test_file_systems_have_errors_of_their_own(scene, photos, tmp_path, monkeypatch):
    for file in photos.iterdir():
        MemoryFileSystem().pipe(f"/photos/{file.name}", file.read_bytes())
    opened = MemoryFileSystem._open

    def capricious(system, path, *arguments, **options):
        if "03" in path:
            raise LookupError("the bucket is tired")
        return opened(system, path, *arguments, **options)

    monkeypatch.setattr(MemoryFileSystem, "_open", capricious)
    for _ in range(2):
        maps = scene.explain(tmp_path / "maps.zarr", "memory://photos")
        assert maps.failed == {"03.png": "The file cannot be read: the bucket is tired."}
        assert len(maps.done) == 11
    MemoryFileSystem().rm("/photos", recursive=True)


def test_pictures_in_another_order(scene, photos, tmp_path):
    """Each is explained once, and stays where it was."""
    files = sorted(photos.iterdir())
    first = scene.explain(tmp_path / "maps.zarr", files[:6])
    before = {name: first[k] for k, name in enumerate(first.names)}
    maps = scene.explain(tmp_path / "maps.zarr", [*files[:5:-1], *files[5::-1]])
    assert maps.names == [str(file) for file in [*files[:6], *files[:5:-1]]]
    for k, name in enumerate(first.names):
        np.testing.assert_array_equal(maps[k], before[name])
    undisturbed = scene.explain(tmp_path / "undisturbed.zarr", [*files[:6], *files[:5:-1]])
    assert undisturbed.names == maps.names
    assert differing(tmp_path / "maps.zarr", tmp_path / "undisturbed.zarr") == []


def test_what_is_refused_changes_nothing(scene, tmp_path):
    store = shutil.copytree(scene.reference, tmp_path / "maps.zarr")
    for change in ({"Stride": 4}, {"channels": 1}, {"faithfulness": False}, {"MaskValue": 3}):
        with pytest.raises(ValueError, match="holds maps that were made in another way"):
            scene.explain(store, **change)
        assert differing(store, scene.reference) == []
