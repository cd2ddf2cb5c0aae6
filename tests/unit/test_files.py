"""Files are written whole or not at all, by any number of threads and processes at the same time."""

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from occlusion_sensitivity.files import check_writable, whole_folder, write_whole


def test_threads_that_write_different_files_into_one_folder(tmp_path):
    def write(k):
        file = tmp_path / f"{k % 40}.txt"
        write_whole(file, f"{k % 40}".encode() * 1000)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(1200)))
    assert sorted(os.listdir(tmp_path)) == sorted(f"{k}.txt" for k in range(40))
    for k in range(40):
        assert (tmp_path / f"{k}.txt").read_bytes() == f"{k}".encode() * 1000


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    file, synced = tmp_path / "file", []
    real = os.fsync

    def fsync(descriptor):
        assert not file.exists()
        synced.append(os.fstat(descriptor).st_size)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(file, b"content")
    assert synced == [7]


def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_permissions_are_those_of_any_new_file(tmp_path):
    write_whole(tmp_path / "ours", b"")
    (tmp_path / "theirs").write_bytes(b"")
    ours, theirs = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "theirs"))
    assert ours == theirs


def test_a_name_as_long_as_a_name_may_be(tmp_path):
    write_whole(tmp_path / ("x" * 255), b"content")
    assert os.listdir(tmp_path) == ["x" * 255]


def test_trying_a_folder_leaves_nothing(tmp_path):
    check_writable(tmp_path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError, match="No such file"):
        check_writable(tmp_path / "nowhere")


WRITER = """
import sys
from pathlib import Path
from occlusion_sensitivity.files import write_whole
for k in range(10**9):
    write_whole(Path(sys.argv[1]), bytes([k % 256]) * 100_000)
    print(k, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process as POSIX does")
def test_a_killed_process_leaves_a_whole_file(tmp_path):
    file = tmp_path / "file"
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(0.02)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        content = file.read_bytes()
        assert len(content) == 100_000
        assert len(set(content)) == 1


def test_a_folder_takes_the_place_of_another_in_one_piece(tmp_path):
    folder = tmp_path / "folder"
    for name in ("first", "second"):
        before = os.listdir(tmp_path)
        with whole_folder(folder) as part:
            (part / name).write_bytes(b"content")
            assert part.parent == tmp_path
            assert [entry for entry in os.listdir(tmp_path) if entry != part.name] == before
        assert os.listdir(tmp_path) == ["folder"]
        assert os.listdir(folder) == [name]


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("where", ["inside", "at the end"])
def test_a_folder_that_was_there_stays_when_the_new_one_fails(tmp_path, monkeypatch, is_there, where):
    folder = tmp_path / "folder"
    if is_there:
        folder.mkdir()
        (folder / "old").write_bytes(b"content")
    rename = type(folder).rename

    def failing(path, target):
        if path.suffix == ".part":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    def write():
        with whole_folder(folder) as part:
            (part / "new").write_bytes(b"content")
            if where == "inside":
                raise KeyboardInterrupt

    monkeypatch.setattr(type(folder), "rename", failing)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write()
    assert os.listdir(tmp_path) == (["folder"] if is_there else [])
    assert not is_there or os.listdir(folder) == ["old"]
