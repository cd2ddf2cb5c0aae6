"""Folders of pictures."""

import os

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.strings import Labels


@pytest.fixture
def folder(tmp_path):
    """Two classes of pictures, one more beside them, and what is no picture."""
    for name, value in (("cat/b.png", 1), ("cat/a.JPG", 2), ("dog/c.png", 3), ("top.png", 4)):
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5, 3), value, np.uint8)).save(file, quality=100)
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    (tmp_path / "photos" / "folder.png").mkdir()
    return tmp_path / "photos"


def names(imds):
    return [os.path.basename(file) for file in imds.Files]


def test_a_folder_with_its_labels(folder):
    imds = m.imageDatastore(folder, "IncludeSubfolders", True, LabelSource="foldernames")
    assert names(imds) == ["a.JPG", "b.png", "c.png", "top.png"]
    assert all(os.path.isabs(file) for file in imds.Files)
    assert isinstance(imds.Labels, Labels)
    assert imds.Labels.tolist() == ["cat", "cat", "dog", "photos"]
    assert m.categories(imds.Labels).tolist() == ["cat", "dog", "photos"]
    assert (imds.Labels == "cat").tolist() == [True, True, False, False]
    assert (m.numel(imds.Files), m.numel(imds), len(imds)) == (4, 4, 4)
    assert m.readimage(imds, 3).tolist() == np.full((4, 5, 3), 3).tolist()
    image, info = m.readimage(imds, 4, nargout=2)
    assert image[0, 0, 0] == 4
    assert info == {"Filename": imds.Files[3], "Label": "photos"}
    assert repr(imds).startswith("imageDatastore of 4 pictures, ")


def test_what_is_taken(folder, monkeypatch):
    assert names(m.imageDatastore(str(folder))) == ["top.png"]
    assert names(m.imageDatastore(folder, IncludeSubfolders=True, FileExtensions=".PNG")) == [
        "b.png",
        "c.png",
        "top.png",
    ]
    assert names(m.imageDatastore([folder / "cat", folder / "top.png"])) == ["a.JPG", "b.png", "top.png"]
    assert names(m.imageDatastore(str(folder / "cat" / "*.png"))) == ["b.png"]
    assert names(m.imageDatastore(m.string([str(folder / "dog"), str(folder / "cat")]))) == ["c.png", "a.JPG", "b.png"]
    monkeypatch.chdir(folder)
    assert names(m.imageDatastore("cat")) == ["a.JPG", "b.png"]
    assert m.imageDatastore("cat").Labels.tolist() == []


def test_reading_one_after_another(folder):
    imds = m.imageDatastore(folder / "cat", Labels=["x", "y"])
    seen = []
    while m.hasdata(imds):
        image, info = m.read(imds, nargout=2)
        seen.append((image.shape, info["Label"]))
    assert seen == [((4, 5, 3), "x"), ((4, 5, 3), "y")]
    with pytest.raises(ValueError, match="^There is no picture left to read"):
        m.read(imds)
    m.reset(imds)
    assert m.hasdata(imds)
    assert m.read(imds).shape == (4, 5, 3)


def test_labels_and_reader_may_be_set(folder):
    imds = m.imageDatastore(folder / "cat", ReadFcn=lambda file: m.imresize(m.imread(file), [2, 2]))
    assert m.readimage(imds, 1).shape == (2, 2, 3)
    imds.ReadFcn = lambda file: os.path.basename(file)
    assert m.readimage(imds, 1) == "a.JPG"
    imds.Labels = m.categorical(["p", "q"])
    assert imds.Labels.tolist() == ["p", "q"]
    imds.Labels = [2, 1]
    assert m.categories(imds.Labels).tolist() == ["1", "2"]
    with pytest.raises(ValueError, match="^Labels must be a vector of 2 labels, one for each file"):
        imds.Labels = ["p"]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (["nowhere"], {}, FileNotFoundError, "^location: there is no file, folder or pattern '.*nowhere'"),
        (["photos/*.tif"], {}, FileNotFoundError, "^location: there is no file, folder or pattern"),
        (
            ["photos"],
            {"FileExtensions": ".tif"},
            FileNotFoundError,
            "^location: there is no file of .tif at .*; IncludeSubfolders=True",
        ),
        ([3], {}, TypeError, "^location must be a folder, a file, a pattern"),
        ([[]], {}, TypeError, "^location must be a folder"),
        ([""], {}, TypeError, "^location must be a folder"),
        (["a\0b"], {}, TypeError, "^location must be a folder"),
        (["photos", "FileExtensions", "png"], {}, ValueError, "^FileExtensions must be endings of files"),
        (["photos"], {"LabelSource": "files"}, ValueError, "^LabelSource must be one of none, foldernames"),
        (["photos"], {"labels": ["a", "b"]}, ValueError, "^labels must be a vector of 1 labels"),
        (["photos"], {"labels": [1j]}, TypeError, "^labels must be texts, numbers or a categorical"),
        (["photos"], {"Labels": ["a"], "LabelSource": "foldernames"}, ValueError, "must not be given both"),
        (["photos"], {"ReadFcn": 3}, TypeError, "^ReadFcn must be a function"),
        (["photos"], {"IncludeSubfolders": "yes"}, TypeError, "^IncludeSubfolders must be true or false"),
        (["photos"], {"ReadSize": 3}, ValueError, "^The option name must be one of"),
    ],
)
def test_bad_datastores(folder, monkeypatch, arguments, options, error, message):
    monkeypatch.chdir(folder.parent)
    with pytest.raises(error, match=message):
        m.imageDatastore(*arguments, **options)


def test_patterns_and_hidden_files(folder):
    (folder / "cat" / "._b.png").write_bytes(b"of the system")
    (folder / "cat" / "x[1].png").write_bytes((folder / "cat" / "b.png").read_bytes())
    assert names(m.imageDatastore(folder / "cat")) == ["a.JPG", "b.png", "x[1].png"]
    assert names(m.imageDatastore(str(folder / "*" / "*.png"))) == ["b.png", "x[1].png", "c.png"]
    assert names(m.imageDatastore(str(folder / "cat" / "x[1]*"))) == ["x[1].png"]
    assert names(m.imageDatastore(str(folder / "*.png"), IncludeSubfolders=True)) == [
        "b.png",
        "x[1].png",
        "c.png",
        "top.png",
    ]
    assert names(m.imageDatastore(folder, IncludeSubfolders=True)) == ["a.JPG", "b.png", "x[1].png", "c.png", "top.png"]


def test_files_may_be_chosen(folder):
    imds = m.imageDatastore(folder, IncludeSubfolders=True, LabelSource="foldernames")
    imds.Files = imds.Files[[2, 0]]
    assert names(imds) == ["c.png", "a.JPG"]
    assert imds.Labels.tolist() == ["dog", "cat"]
    with pytest.raises(ValueError, match="^Files must be of those that have labels"):
        imds.Files = ["other.png"]
    with pytest.raises(TypeError, match="^Files must be names of files"):
        imds.Files = 3
    with pytest.raises(TypeError, match="^ReadFcn must be a function"):
        imds.ReadFcn = 3
    imds.Labels = [["x", "y"]]
    assert m.readimage(imds, 2, nargout=2)[1]["Label"] == "y"


@pytest.mark.parametrize("function", [m.read, m.hasdata, m.reset, lambda imds: m.readimage(imds, 1)])
def test_what_is_no_datastore(function):
    with pytest.raises(TypeError, match="^imds must be an imageDatastore, but is 'photos'"):
        function("photos")


def test_numbers_of_pictures(folder):
    imds = m.imageDatastore(folder)
    for bad in (0, 2, 1.5):
        with pytest.raises(ValueError, match="^I must be"):
            m.readimage(imds, bad)
