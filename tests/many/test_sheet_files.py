"""Contact sheets on the disk: nothing is half written, nothing of others is lost; and the command that writes them."""

import re
import sys
import warnings
from pathlib import Path

import pytest

from occlusion_sensitivity import explain_images
from occlusion_sensitivity.cli import main
from occlusion_sensitivity.many import sheet
from sheets import Page, written

NAMES = ["one", "two", "three", "four"]


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_a_folder_that_holds_other_things_is_left_alone(maps, tmp_path, kind):
    place = tmp_path / "index_files"
    if kind == "file":
        place.write_text("mine")
    else:
        maps.save(tmp_path / "index.html")
        if kind == "folder":
            (place / "mine.txt").write_text("mine")
        else:
            place.rename(tmp_path / "linked")
            place.symlink_to(tmp_path / "linked")
        (tmp_path / "index.html").unlink()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(
        ValueError, match=r"^file: the pictures of the page would lie in '.*index_files', but that holds"
    ):
        maps.save(tmp_path / "index.html")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_sheet_is_replaced(maps, net, images, tmp_path):
    (tmp_path / "index_files").mkdir()
    maps.save(tmp_path / "index.html")
    first = written(tmp_path)
    maps.save(tmp_path / "index.html")
    assert written(tmp_path) == first
    (tmp_path / "index_files" / "index.html").write_text("left by a run that was ended")
    fewer = explain_images(net, images[:1], tmp_path / "fewer.zarr")
    fewer.save(tmp_path / "index.html", images=images[:1])
    assert sorted(written(tmp_path / "index_files")) == [
        "large/0.jpg",
        "mean/0.png",
        "occlusion-sensitivity.txt",
        "small/0.jpg",
    ]
    assert Page(tmp_path / "index.html").data["names"] == ["0"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError("x")])
@pytest.mark.parametrize("where", ["large", "encoded", "quote"])
def test_what_was_there_stays_when_writing_fails(maps, tmp_path, monkeypatch, error, where):
    maps.save(tmp_path / "index.html")
    before = written(tmp_path)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(sheet, where, fail)
    expected = RuntimeError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as raised:
        maps.save(tmp_path / "index.html")
    if expected is RuntimeError:
        assert re.search("^file: '.*index.html' cannot be written: No space left on device.$", str(raised.value))
    assert written(tmp_path) == before
    assert not list(tmp_path.glob(".occlusion*"))


@pytest.mark.parametrize(
    ("file", "error", "message"),
    [
        ("index.pdf", ValueError, "file must be a file that ends in .html, .htm, but is 'index.pdf'."),
        ("no/index.html", FileNotFoundError, "file: there is no folder 'no'."),
        (None, TypeError, "file must be the path of a file, but is None."),
    ],
)
def test_a_file_that_cannot_be(maps, tmp_path, monkeypatch, file, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        maps.save(file)


def test_what_is_missing_is_named_before_anything_is_drawn(maps, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"^Contact sheets need Jinja2 .*\[pages\]"):
        maps.save(tmp_path / "index.html")
    assert not (tmp_path / "index_files").exists()


def test_progress(maps, tmp_path):
    told = []
    maps.save(tmp_path / "index.html", progress=lambda *counts: told.append(counts))
    assert told == [(k, 5) for k in range(1, 6)]


def test_the_pictures_of_a_sheet_are_no_images(maps, net, folder):
    """A sheet may lie in the folder of the photographs."""
    maps.save(folder / "index.html")
    assert explain_images(net, folder, folder.parent / "maps.zarr", NAMES, Stride=2).names == maps.names


def test_the_command(maps, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["show", "maps.zarr", "--html", "index.html"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "5 of 6 maps are in maps.zarr; 1 failed",
        "Written: index.html, with its pictures in index_files",
    ]
    folder.rename(tmp_path / "moved")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["show", "maps.zarr", "--html", "index.html"]) == 0
    captured = capsys.readouterr()
    assert captured.err == (
        "occlusion-sensitivity: warning: Of 5 images the maps are shown alone: 5 whose picture is not to be found. "
        "--images says where they are.\n"
    )
    assert main(["show", "maps.zarr", "--html", "index.html", "--images", "moved"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--html", "index.png"], "--html must be a file that ends in .html, .htm, but is 'index.png'."),
        (["--html", "no/index.html"], "--html: there is no folder 'no'."),
        (["--html", "index.html", "--images", "no"], "--images: there is no folder and no file 'no'."),
        (["--images", "photos"], "--images is for the page that --html writes."),
        (
            ["--html", "mine.html"],
            "--html: the pictures of the page would lie in 'mine_files', but that holds other things.",
        ),
    ],
)
def test_errors_of_the_command(maps, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    Path("mine_files").mkdir()
    Path("mine_files", "x").touch()
    assert main(["show", "maps.zarr", *arguments]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"occlusion-sensitivity: error: {said}\n")
