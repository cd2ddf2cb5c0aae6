"""What may be given as images, and what is found in it."""

import hashlib
import os
import pickle
import time
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import dask.array
import numpy as np
import pytest

from occlusion_sensitivity.many.sources import SHEET_MARK, Content, source_named, sources_of
from occlusion_sensitivity.matlab import imageDatastore
from occlusion_sensitivity.pictures import encoded, imread

NAMES = ["a.PNG", "b.png", "c.png", "deep/er/a.png", "deep/z.png"]


def pixels(sources, k):
    return sources.source(k).photograph()[1]()


def test_a_folder_with_all_below_it(folder):
    for given in (folder, str(folder), os.path.relpath(folder)):
        sources = sources_of(given)
        assert sources.names == NAMES
        assert sources.folder == str(folder)
    for k, name in enumerate(NAMES):
        file = folder / name
        assert sources.source(k).photograph()[0] == hashlib.sha256(file.read_bytes()).hexdigest()
        np.testing.assert_array_equal(pixels(sources, k), imread(file))


def test_links_are_followed_once(folder):
    (folder / "linked").symlink_to(folder / "deep")
    (folder / "deep" / "back").symlink_to(folder)
    assert [name for name in sources_of(folder).names if "back" not in name] == sources_of(folder).names
    assert len(sources_of(folder)) == len(NAMES)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.png", ["b.png", "c.png"]),
        ("**/*.png", ["b.png", "c.png", "deep/er/a.png", "deep/z.png"]),
        ("deep/?.png", ["z.png"]),
        ("[ab].*", ["a.PNG", "b.png"]),
        ("*.csv", ["labels.csv"]),
    ],
)
def test_a_pattern(folder, pattern, names):
    assert list(sources_of(f"{folder}/{pattern}").names) == names


def test_a_pattern_in_a_folder_whose_name_is_like_one(folder, tmp_path, monkeypatch):
    odd = folder.rename(tmp_path / "photos [2020]")
    monkeypatch.chdir(odd / "deep")
    for pattern, root, names in (
        ("*.png", odd / "deep", ["z.png"]),
        ("./er/?.png", odd / "deep" / "er", ["a.png"]),
        ("../*.png", odd, ["b.png", "c.png"]),
    ):
        sources = sources_of(pattern)
        assert (sources.folder, list(sources.names)) == (str(root), names)
        assert pixels(sources, 0).shape == (12, 10, 3)


def test_a_pattern_leaves_out_what_a_contact_sheet_drew(folder, images):
    drawn = folder / "index_files" / "large"
    drawn.mkdir(parents=True)
    (drawn / "0.png").write_bytes(encoded(images[0], "PNG"))
    (drawn.parent / SHEET_MARK).write_text("drawn")
    assert list(sources_of(f"{folder}/**/*.[pP]*").names) == NAMES
    assert sources_of(folder).names == NAMES
    assert list(sources_of(f"{drawn}/*.png").names) == ["0.png"]


def test_a_file_and_several(folder):
    assert sources_of(folder / "b.png").names == ["b.png"]
    several = sources_of([folder / "c.png", f"{folder}/a.PNG"])
    assert several.names == [f"{folder}/c.png", f"{folder}/a.PNG"]
    assert several.folder == ""
    np.testing.assert_array_equal(pixels(several, 0), imread(folder / "c.png"))
    both = sources_of([folder / "deep", folder / "a.PNG"])
    assert both.names == [f"{folder}/deep/er/a.png", f"{folder}/deep/z.png", f"{folder}/a.PNG"]


def test_a_datastore_and_an_array_of_names(folder):
    store = imageDatastore(folder, IncludeSubfolders=True)
    sources = sources_of(store)
    assert sources.names == store.Files.tolist()
    assert sources_of(np.array(store.Files[:2])).names == sources.names[:2]
    np.testing.assert_array_equal(pixels(sources, 1), imread(store.Files[1]))


def test_urls(folder, images):
    assert list(sources_of(f"file://{folder}").names) == NAMES
    assert list(sources_of(f"file://{folder}/deep/*.png").names) == ["z.png"]
    import fsspec

    memory = fsspec.filesystem("memory")
    for k, image in enumerate(images):
        memory.pipe(f"/bucket/set/{k}.png", encoded(image, "PNG"))
    memory.pipe("/bucket/set/notes.txt", b"no picture")
    try:
        sources = sources_of("memory://bucket/set")
        assert sources.names == [f"{k}.png" for k in range(5)]
        assert sources_of("memory://bucket/set/3.png").names == ["3.png"]
        source = pickle.loads(pickle.dumps(sources.source(2)))
        digest, photograph = source.photograph()
        assert digest == hashlib.sha256(encoded(images[2], "PNG")).hexdigest()
        np.testing.assert_array_equal(photograph(), images[2])
        assert isinstance(source.content(), Content)
    finally:
        memory.rm("/bucket", recursive=True)


def test_archives(tmp_path, images, monkeypatch):
    """What is kept of a URL finds the picture again, from another folder as well."""
    monkeypatch.chdir(tmp_path)
    for archive, chosen in (("a.zip", images[:2]), ("b.zip", images[2:4])):
        with zipfile.ZipFile(archive, "w") as file:
            for k, image in enumerate(chosen):
                file.writestr(f"set/{k}.png", encoded(image, "PNG"))
    given = [
        (f"zip://set/*.png::file://{tmp_path}/a.zip", ["0.png", "1.png"]),
        ("zip://set/*.png::a.zip", ["0.png", "1.png"]),
        ("zip://::a.zip", ["set/0.png", "set/1.png"]),
        ("simplecache::zip://set::a.zip", ["0.png", "1.png"]),
        (
            ["zip://set/0.png::a.zip", "zip://set/0.png::b.zip"],
            [f"zip://set/0.png::{tmp_path}/a.zip", f"zip://set/0.png::{tmp_path}/b.zip"],
        ),
    ]
    for urls, names in given:
        monkeypatch.chdir(tmp_path)
        sources = sources_of(urls)
        assert list(sources.names) == names
        digests = [sources.source(k).photograph()[0] for k in range(2)]
        monkeypatch.chdir("/")
        assert [source_named(name, sources.folder).photograph()[0] for name in names] == digests
    (tmp_path / "a.zip").unlink()
    with pytest.raises(ValueError, match=r"a\.zip' cannot be read"):
        source_named("set/0.png", f"zip://::{tmp_path}/a.zip").photograph()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int32])
def test_arrays(images, dtype):
    X = images.astype(dtype)
    in_dask = dask.array.from_array(X, chunks=(2, 7, 10, 1))
    for sources in (sources_of(X), sources_of(X.tolist()) if dtype is np.int32 else sources_of(X), sources_of(in_dask)):
        assert sources.names == ["0", "1", "2", "3", "4"]
        for k in range(5):
            np.testing.assert_array_equal(pixels(sources, k), X[k])
    digest, _ = sources_of(in_dask).source(3).photograph()
    assert digest == hashlib.sha256(X[3].tobytes()).hexdigest()
    assert digest == sources_of(np.asfortranarray(X)).source(3).photograph()[0]


def test_of_an_array_nothing_is_copied():
    X = np.zeros((10, 200, 200, 3), dtype=np.uint8)
    tracemalloc.start()
    sources_of(X)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < X.nbytes / 10


def test_grey_images(images):
    np.testing.assert_array_equal(pixels(sources_of(images[..., 0]), 4), images[4, ..., 0])


def test_a_block_that_cannot_be_computed_is_the_fault_of_its_images(images):
    def computed(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 1:
            raise OSError("a disk is gone")
        return block

    array = dask.array.from_array(images, chunks=(2, *images.shape[1:])).map_blocks(computed, dtype=np.uint8)
    sources = sources_of(array)
    np.testing.assert_array_equal(pixels(sources, 1), images[1])
    with pytest.raises(ValueError, match="cannot be computed: a disk is gone"):
        pixels(sources, 2)
    np.testing.assert_array_equal(pixels(sources, 4), images[4])


def test_a_block_is_computed_once(images):
    computed = []

    def counted(block):
        computed.append(len(block))
        time.sleep(0.05)
        return block

    array = dask.array.from_array(images, chunks=(2, *images.shape[1:]))
    sources = sources_of(array.map_blocks(counted, dtype=np.uint8, meta=images[:0]))
    with ThreadPoolExecutor(2) as threads:
        for k in (0, 2, 4):  # in each block the same images at once
            list(threads.map(lambda k: pixels(sources, k), (k, min(k + 1, 4))))
    assert sorted(computed) == [1, 2, 2]


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ("", ValueError, "images must be the path of a folder"),
        ("no such", FileNotFoundError, "images: there is no folder and no file 'no such'"),
        ("no*such", FileNotFoundError, r"images: no file is like 'no\*such'"),
        ("file:///no/such", FileNotFoundError, "images: there are no pictures at 'file:///no/such'"),
        ("nothing://bucket", RuntimeError, "images: 'nothing://bucket' cannot be read: Protocol not known"),
        (7, ValueError, "images must be N×H×W or N×H×W×C, and not empty, but is 1"),
        ([], TypeError, "images must be a folder, .* but is "),
        ([1, "a"], TypeError, "images must be a folder"),
        ({"a": 1}, TypeError, "images must be a folder"),
        (
            np.zeros((3, 4, 3)),
            ValueError,
            r"images must be N×H×W×C, but is 3×4×3, .* images\[np.newaxis\] makes it fit",
        ),
        (np.zeros((0, 4, 4, 3)), ValueError, "not empty, but is 0×4×4×3"),
        (np.zeros((2, 3)), ValueError, "images must be N×H×W"),
        (np.array([["no such"]]), FileNotFoundError, "images: there is no folder and no file 'no such'"),
        (dask.array.zeros((2, 3)), ValueError, "images must be N×H×W"),
        (dask.array.zeros((2, 3, 4, 3), dtype=complex), TypeError, "images must be an array of numbers"),
    ],
)
def test_what_is_refused(images, error, message):
    with pytest.raises(error, match=message):
        sources_of(images)


def test_a_folder_without_pictures_and_a_file_given_twice(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="FOLDER: there are no pictures"):
        sources_of(tmp_path / "empty", "FOLDER")
    with pytest.raises(ValueError, match="images must hold each file once, but holds .*b.png"):
        sources_of([folder, folder / "b.png"])
