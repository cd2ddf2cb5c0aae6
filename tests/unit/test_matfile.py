"""MAT-files: what MATLAB, Octave, SciPy and hdf5storage write, and damaged ones."""

import contextlib
import re
import struct
import tracemalloc
import zlib
from functools import reduce
from pathlib import Path

import h5py
import hdf5storage
import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from occlusion_sensitivity.parity import mat_elements
from occlusion_sensitivity.parity.matfile import read_mat

# SciPy's own tests read files that MATLAB wrote.
WRITTEN_BY_MATLAB = Path(scipy.io.__file__).parent / "matlab" / "tests" / "data"
OCTAVE = Path(__file__).parents[1] / "data" / "exported" / "octave.mat"

VARIABLES = {
    "X": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "wide": np.arange(6.0).reshape(2, 3),
    "single": np.float32([[0.1], [0.2]]),
    "boxes": np.arange(8, dtype=np.int32).reshape(2, 4),
    "large": np.array([[2**63 - 1]], dtype=np.uint64),
    "yes": np.array([[True, False]]),
    "name": "Größe 1×2",
}


def matlab_files(pattern):
    if not WRITTEN_BY_MATLAB.is_dir():
        pytest.skip(f"needs the .mat files of SciPy's own tests, which this SciPy has not: {WRITTEN_BY_MATLAB}")
    return sorted(WRITTEN_BY_MATLAB.glob(pattern))


def assert_variables(found, expected):
    assert set(found) == set(expected)
    for name, value in expected.items():
        if isinstance(value, str):
            assert found[name] == value
        else:
            np.testing.assert_array_equal(found[name], value)
            assert found[name].dtype == value.dtype, name


def test_what_scipy_writes(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", VARIABLES)
    assert_variables(read_mat(tmp_path / "a.mat", VARIABLES), VARIABLES)
    scipy.io.savemat(tmp_path / "b.mat", VARIABLES, do_compression=True)
    assert_variables(read_mat(tmp_path / "b.mat", VARIABLES), VARIABLES)


def test_what_hdf5storage_writes_as_version_7_3(tmp_path):
    file = tmp_path / "a.mat"
    hdf5storage.savemat(str(file), {**VARIABLES, "empty": np.zeros((0, 3)), "none": ""}, format="7.3", appendmat=False)
    found = read_mat(file, [*VARIABLES, "empty", "none"])
    assert found.pop("none") == ""
    assert found.pop("empty").shape == (0, 3)
    assert_variables(found, VARIABLES)


def test_hdf5_without_matlabs_attributes(tmp_path):
    file = tmp_path / "a.mat"
    with h5py.File(file, "w", userblock_size=512) as content:
        content["X"] = VARIABLES["X"].T
    assert_variables(read_mat(file, VARIABLES), {"X": VARIABLES["X"]})


def test_a_double_that_matlab_stores_as_uint8_is_double():
    for file in matlab_files("testmatrix_7*.mat"):
        (matrix,) = read_mat(file, ["testmatrix"]).values()
        assert matrix.dtype == np.float64
        np.testing.assert_array_equal(matrix[0], [1, 2, 3, 4, 5])
        assert matrix.shape == (3, 5)


def test_what_matlab_writes():
    eighths = np.arange(9).reshape(1, 9) * np.pi / 4
    for file in matlab_files("testdouble_*.mat"):
        np.testing.assert_array_equal(read_mat(file, ["testdouble"])["testdouble"], eighths)
    for file in matlab_files("test3dmatrix_*.mat"):
        expected = np.arange(1.0, 25).reshape(2, 3, 4, order="F")
        np.testing.assert_array_equal(read_mat(file, ["test3dmatrix"])["test3dmatrix"], expected)
    for file in matlab_files("teststring_*.mat"):
        assert read_mat(file, ["teststring"])["teststring"].startswith('"Do nine men interpret?"')
    (logical,) = read_mat(*matlab_files("testbool_*.mat"), ["testbools"]).values()
    assert logical.dtype == np.bool_


def test_what_matlab_writes_as_version_7_3():
    (file,) = matlab_files("testhdf5_*.mat")
    eighths = np.arange(9).reshape(1, 9) * np.pi / 4
    np.testing.assert_array_equal(read_mat(file, ["testdouble", "absent"])["testdouble"], eighths)


def test_every_file_of_scipys_tests_is_read_or_refused():
    files = matlab_files("*.mat")
    assert len(files) > 100
    for file in files:
        names = [name for name, *_ in _whosmat(file)]
        with contextlib.suppress(ValueError):
            assert set(read_mat(file, names)) <= set(names)


def _whosmat(file):
    try:
        return scipy.io.whosmat(file)
    except Exception:
        return [("a",), ("testdouble",)]


@pytest.mark.parametrize("version", ["7", "7.3"])
def test_complex_is_refused(tmp_path, version):
    file = tmp_path / "a.mat"
    variables = {"X": np.array([[1 + 2j]])}
    if version == "7":
        scipy.io.savemat(file, variables)
    else:
        hdf5storage.savemat(str(file), variables, format="7.3", appendmat=False)
    with pytest.raises(ValueError, match="cannot be read as a .mat file"):
        read_mat(file, ["X"])


@pytest.mark.parametrize("name", ["struct", "cell", "rows"])
def test_what_only_matlab_reads_is_refused_where_it_is_asked_for(tmp_path, name):
    file = tmp_path / "a.mat"
    cell = np.array([[1], [2]], dtype=object)
    scipy.io.savemat(file, {"struct": {"a": 1}, "cell": cell, "rows": np.array(["ab", "cd"]), "number": 1.0})
    assert set(read_mat(file, ["number"])) == {"number"}
    with pytest.raises(ValueError, match=f"variable {name} is of a class that only MATLAB reads"):
        read_mat(file, [name, "number"])


def test_version_7_3_that_only_matlab_reads_is_refused(tmp_path):
    file = tmp_path / "a.mat"
    with h5py.File(file, "w", userblock_size=512) as content:
        content.create_group("struct").attrs["MATLAB_class"] = np.bytes_("struct")
        content["text"] = np.arange(6, dtype=np.uint32)
        content["text"].attrs["MATLAB_class"] = np.bytes_("string")
    for name in ("struct", "text"):
        with pytest.raises(ValueError, match=f"variable {name} is of a class that only MATLAB reads"):
            read_mat(file, [name])


@pytest.mark.parametrize("content", [b"", b"no mat file", b"\0" * 600, b" " * 512 + b"\x89HDF\r\n\x1a\n", b"{}" * 5000])
def test_no_mat_file(tmp_path, content):
    file = tmp_path / "a.mat"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"a.mat' cannot be read as a .mat file"):
        read_mat(file, ["X"])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    whole = bytearray(OCTAVE.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "a.mat").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(ValueError):
        read_mat(folder / "a.mat", ["X", "map", "source"])


def element(kind, content=b"", size=None):
    """A data element: a tag of class and size, and what it holds; filled up to eight bytes, unless it is compressed."""
    size = len(content) if size is None else size
    return struct.pack("<II", kind, size) + content + bytes(0 if kind == 15 else -len(content) % 8)


ONE_BY_ONE, DOUBLE = struct.pack("<ii", 1, 1), struct.pack("<II", 6, 0)


def matrix(*rest, lengths=ONE_BY_ONE, flags=DOUBLE, name=b"X"):
    return element(14, element(6, flags) + element(5, lengths) + element(1, name) + b"".join(rest))


def version_5(*elements):
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM") + b"".join(elements)


ONE = element(9, struct.pack("<d", 2.0))


def test_a_file_written_by_hand(tmp_path):
    (tmp_path / "a.mat").write_bytes(version_5(matrix(ONE), element(15, zlib.compress(matrix(ONE, name=b"Y")))))
    assert_variables(read_mat(tmp_path / "a.mat", ["X", "Y"]), {"X": np.array([[2.0]]), "Y": np.array([[2.0]])})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (version_5(matrix(element(10, bytes(8)))), "an element of class 10, which means nothing there"),
        (version_5(element(15, zlib.compress(matrix(element(8, bytes(8)))))), "an element of class 8"),
        (version_5(element(9, bytes(8))), "an element of class 9"),
        (version_5(matrix(struct.pack("<HHI", 10, 4, 0))), "a small element of no class or size that there is"),
        (version_5(matrix(struct.pack("<HHI", 9, 5, 0))), "a small element of no class or size that there is"),
        (version_5(matrix(ONE, lengths=b"\1\0\0")), "an array without lengths"),
        (version_5(matrix(ONE, lengths=struct.pack("<ii", 1, -1))), "an array of 1×-1"),
        (version_5(matrix(ONE, lengths=struct.pack("<40i", *[1] * 40))), "an array without lengths"),
        (version_5(matrix(ONE, flags=b"")), "an array without flags"),
        (version_5(element(14, b"")), "an array without flags"),
        (version_5(matrix(element(9, bytes(8), size=1 << 31))), "an element is longer than what holds it"),
        (version_5(element(14, bytes(8), size=1 << 20)), "an element is longer than what holds it"),
        (version_5(element(15, b"abc", size=1 << 20)), "a variable is longer than the file"),
        (version_5(element(15, zlib.compress(matrix(ONE))[:-9])), "a compressed variable ends in the middle"),
        (version_5(element(15, b"no such thing")), "Error -3 while decompressing"),
        (version_5(reduce(lambda inner, _: matrix(inner), range(100), ONE)), "more than 64 levels deep"),
        (version_5(matrix(ONE))[:-12], "an element is longer"),
        (b"no .mat file" * 20, "it is no .mat file, or damaged"),
        (struct.pack("<5i", 2000, 1, 1, 0, 2) + b"X\0" + bytes(8), "of a machine whose numbers are no longer read"),
        (struct.pack("<5i", 0, -1, 1, 0, 2) + b"X\0" + bytes(8), "damaged, or of a machine"),
        (struct.pack("<5i", 0, 1 << 20, 1 << 20, 0, 2) + b"X\0" + bytes(8), "a variable is longer than the file"),
    ],
)
def test_elements_that_no_reader_may_trust(tmp_path, content, message):
    """SciPy ends the process, or warns, on some of them."""
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.mat' cannot be read as a \.mat file: .*{re.escape(message)}"):
        read_mat(tmp_path / "a.mat", ["X"])


def test_a_text_of_numbers_that_are_no_characters(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["X"] = np.array([[65.0], [np.nan]])
        file["X"].attrs["MATLAB_class"] = np.bytes_("char")
    with pytest.raises(ValueError, match="variable X is of a class that only MATLAB reads"):
        read_mat(tmp_path / "a.mat", ["X"])


def test_numbers_that_their_class_cannot_hold_come_without_a_word(tmp_path):
    nan = element(9, struct.pack("<d", np.nan))
    (tmp_path / "a.mat").write_bytes(version_5(matrix(nan, flags=struct.pack("<II", 9, 0))))
    assert read_mat(tmp_path / "a.mat", ["X"])["X"].dtype == np.uint8


def test_a_variable_that_opens_to_more_than_memory_is_looked_at_in_parts(tmp_path):
    zeros = zlib.compress(matrix(element(2, bytes(50_000_000))))
    (tmp_path / "a.mat").write_bytes(version_5(element(15, zeros)))
    tracemalloc.start()
    mat_elements.check(tmp_path / "a.mat")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_sparse_variables_are_refused(tmp_path):
    import scipy.sparse

    for k, values in enumerate((np.eye(3), np.eye(3, dtype=bool))):
        scipy.io.savemat(tmp_path / f"{k}.mat", {"X": scipy.sparse.csc_matrix(values)})
        with pytest.raises(ValueError, match="variable X is of a class that only MATLAB reads"):
            read_mat(tmp_path / f"{k}.mat", ["X"])
