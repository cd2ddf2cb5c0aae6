"""Disks that are full, files that must not be large, folders that are read only, too few open files."""

import errno
import itertools
import os
import shutil
import subprocess

import pytest
import zarr

from faults import Run, content, differing, done_and_right
from occlusion_sensitivity import open_maps

KEPT = ". What is finished is kept; the same call goes on with it.\n"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", place]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs to be allowed to mount a disk; files of limited size are tried instead")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize(("room", "client"), [(0, None), (20_000, None), (150_000, None), (150_000, 2)])
def test_a_full_disk(scene, small_disk, tmp_path, room, client):
    """Before the store is begun, while it is, and when half of it is there."""
    (small_disk / "other").write_bytes(bytes(shutil.disk_usage(small_disk).free - room))
    run = Run(scene, small_disk / "maps.zarr", client, logs=tmp_path)
    assert run.end() == 1
    assert run.printed.endswith(f"cannot be read or written: No space left on device{KEPT}")
    finished = done_and_right(run.store, scene.reference)
    assert len(finished) >= run.reported
    assert bool(finished) == (room > 20_000)
    (small_disk / "other").unlink()
    again = Run(scene, run.store, logs=tmp_path).succeeds()
    assert finished.isdisjoint(again.computed)
    assert differing(run.store, scene.reference) == []


@pytest.mark.parametrize("most", [100, 2000, 20_000])
def test_files_must_not_be_large(scene, tmp_path, most):
    """Less than what describes an array takes, than a chunk of names, than a chunk of drops."""
    run = Run(scene, tmp_path / "maps.zarr", limit=("FSIZE", most))
    assert run.end() == 1
    assert run.printed.endswith(f"cannot be read or written: File too large{KEPT}")
    assert done_and_right(run.store, scene.reference) == set()
    assert differing(Run(scene, run.store).succeeds().store, scene.reference) == []


def test_no_room_for_the_names_and_then_fewer_images(scene, tmp_path):
    """Nothing is left of those that are not given any more."""
    files = sorted(scene.photos.iterdir())
    run = Run(scene, tmp_path / "maps.zarr", limit=("FSIZE", 2000))
    assert run.end() == 1
    assert len(open_maps(run.store)) == 150
    assert scene.explain(run.store, files[:3]).names == [str(file) for file in files[:3]]
    scene.explain(tmp_path / "undisturbed.zarr", files[:3])
    assert differing(run.store, tmp_path / "undisturbed.zarr") == []


@pytest.mark.parametrize("then", [3, 4])
def test_other_options_where_no_image_is_done_yet(scene, tmp_path, monkeypatch, then):
    """The store is begun anew, at whichever write the disk is full, with these options or with those."""
    photos = sorted(scene.photos.iterdir())[:2]
    for stride in (3, 4):
        scene.explain(tmp_path / f"{stride}.zarr", photos, Stride=stride)
    begun = shutil.copytree(tmp_path / "3.zarr", tmp_path / "begun.zarr")
    for chunks in list(begun.glob("*/c")):
        shutil.rmtree(chunks)
    for number in range(1, 100, 3):
        store = shutil.copytree(begun, tmp_path / f"{number}-{then}.zarr")
        with monkeypatch.context() as patch:
            for name in ("replace", "unlink"):
                patch.setattr(os, name, full_after(number, getattr(os, name)))
            try:
                scene.explain(store, photos, Stride=4)
            except RuntimeError as error:
                assert "No space left on device" in str(error)  # noqa: PT017
            else:
                break
        scene.explain(store, photos, Stride=then)
        assert differing(store, tmp_path / f"{then}.zarr") == []
    assert number > 20


def full_after(count, call):
    calls = itertools.count(1)

    def instead(*arguments, **options):
        if next(calls) > count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return call(*arguments, **options)

    return instead


def test_a_folder_that_is_read_only(scene, small_disk, tmp_path):
    store = small_disk / "maps.zarr"
    shutil.copytree(scene.reference, store)
    before = content(store)
    shutil.rmtree(store / "state" / "c")
    half = content(store)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for place in (store, small_disk / "new.zarr"):
        with pytest.raises(RuntimeError, match=r"cannot be read or written: Read-only file system\. What is finished"):
            scene.explain(place)
    assert len(open_maps(store)) == 150
    assert content(store) == half
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    scene.explain(store)
    assert content(store) == before


def test_too_few_open_files(scene, tmp_path):
    """What cannot be read for once is not damaged. With ten, it depends on how many files Zarr opens at once."""
    shutil.copytree(scene.reference, tmp_path / "maps.zarr")
    run = Run(scene, tmp_path / "maps.zarr", limit=("NOFILE", 10))
    if run.end() != 0:
        # Python 3.14 goes on about the event loop that Zarr could not open.
        assert f"cannot be read or written: Too many open files{KEPT}" in run.printed
    assert run.computed == []
    assert differing(run.store, scene.reference) == []


@pytest.mark.parametrize("name", ["name", "state", "drops"])
def test_an_array_that_cannot_be_read_for_once(scene, tmp_path, monkeypatch, name):
    store = tmp_path / "maps.zarr"
    shutil.copytree(scene.reference, store)
    read = zarr.Array.__getitem__

    def failing(array, part):
        if array.basename == name:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(array, part)

    with monkeypatch.context() as patch:
        patch.setattr(zarr.Array, "__getitem__", failing)
        with pytest.raises(RuntimeError, match="store: '.*maps.zarr' cannot be read or written: Input/output error"):
            scene.explain(store)
    assert differing(store, scene.reference) == []
