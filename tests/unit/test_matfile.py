"""MAT-files: what MATLAB, Octave, SciPy and hdf5storage write, and damaged ones."""

import contextlib
from pathlib import Path

import h5py
import hdf5storage
import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_sparse_variables_are_refused(tmp_path):
    import scipy.sparse

    for k, values in enumerate((np.eye(3), np.eye(3, dtype=bool))):
        scipy.io.savemat(tmp_path / f"{k}.mat", {"X": scipy.sparse.csc_matrix(values)})
        with pytest.raises(ValueError, match="variable X is of a class that only MATLAB reads"):
            read_mat(tmp_path / f"{k}.mat", ["X"])
