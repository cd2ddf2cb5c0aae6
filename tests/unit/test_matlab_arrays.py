"""Numbers, casts, sorting and sizes as in MATLAB."""

import time

import numpy as np
import pytest

from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.strings import Labels, StringArray

SEED = np.random.SeedSequence().entropy


def sorted_places(values, *, descending, nan_last):
    """The definition: 1-based places, equal elements in their order, NaN at one end."""
    known = [k for k, value in enumerate(values) if value == value]
    missing = [k for k, value in enumerate(values) if value != value]
    known.sort(key=lambda k: -float(values[k]) if descending else float(values[k]))
    return [k + 1 for k in (known + missing if nan_last else missing + known)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8, np.int16, np.bool_])
@pytest.mark.parametrize("descending", [False, True])
def test_sort_and_the_k_first(dtype, descending):
    rng = np.random.default_rng(SEED)
    for n in (1, 2, 7, 40):
        A = rng.integers(0, 9, n).astype(dtype)
        if A.dtype.kind == "f":
            A[rng.random(n) < 0.2] = np.nan
        expected = sorted_places(A, descending=descending, nan_last=not descending)
        B, I = m.sort(A, "descend" if descending else "ascend")
        assert I.tolist() == expected, SEED
        np.testing.assert_array_equal(B, A[np.array(expected) - 1])
        assert B.dtype == A.dtype
        first = m.maxk if descending else m.mink
        expected = sorted_places(A, descending=descending, nan_last=True)[:3]
        for shape in ((n,), (1, n), (n, 1)):
            B, I = first(A.reshape(shape), 3)
            assert I.ravel().tolist() == expected, SEED
            assert I.shape == B.shape == tuple(min(3, n) if length == n > 1 else length for length in shape) or n == 1
            np.testing.assert_array_equal(B.ravel(), A[np.array(expected) - 1])


def test_sorting_along_axes():
    A = np.array([[3, 1, 2], [1, 5, 0]])
    assert m.sort(A, nargout=1).tolist() == [[1, 1, 0], [3, 5, 2]]
    assert m.sort(A, 2, "descend")[1].tolist() == [[1, 3, 2], [2, 1, 3]]
    assert m.maxk(A, 1)[0].tolist() == [[3, 5, 2]]
    assert m.maxk(A, 2, 2)[1].tolist() == [[1, 3], [2, 1]]
    assert m.sort([[0.25, 0.75]], "descend")[1].tolist() == [[2, 1]]
    assert m.sort([1, 2], 2, "descend")[0].tolist() == [2, 1]
    assert m.mink([-3, 1, 2], 1, ComparisonMethod="abs")[0].tolist() == [1]
    assert m.sort([-3, 1, 2], "ComparisonMethod", "abs", nargout=1).tolist() == [1, 2, -3]
    assert m.sort([np.nan, 1], MissingPlacement="first")[1].tolist() == [1, 2]
    assert m.sort([np.nan, 1], "descend", "missing", "last")[1].tolist() == [2, 1]
    assert m.maxk([1, 2], 5)[0].tolist() == [2, 1]
    assert m.maxk([1, 2], 0)[0].tolist() == []


def test_sorting_texts_and_labels():
    B, I = m.sort(["b", "a", "c"])
    assert isinstance(B, StringArray)
    assert (B.tolist(), I.tolist()) == (["a", "b", "c"], [2, 1, 3])
    B, I = m.sort(m.categorical(["b", "a", "c"], ["c", "b", "a"]))
    assert isinstance(B, Labels)
    assert (B.tolist(), I.tolist(), B[0].categories) == (["c", "b", "a"], [3, 1, 2], ("c", "b", "a"))


def test_find_with_several_outputs():
    A = np.array([[0, 7, 0], [8, 0, 9]])
    assert m.find(A).tolist() == [2, 3, 6]
    row, col = m.find(A, nargout=2)
    assert (row.tolist(), col.tolist()) == ([2, 1, 2], [1, 2, 3])
    row, col, v = m.find(A, 2, "last", nargout=3)
    assert (row.tolist(), col.tolist(), v.tolist()) == ([1, 2], [2, 3], [7, 9])
    assert m.find(A, nargout=1).tolist() == [2, 3, 6]
    row, col = m.find([0, 5], nargout=2)
    assert (row.tolist(), col.tolist()) == ([1], [2])


def test_ismember():
    names = m.string(["mug", "cup", "cup"])
    assert m.ismember("cup", names) is True
    assert m.ismember("pan", names) is False
    assert m.ismember(["pan", "cup"], names).tolist() == [False, True]
    tf, loc = m.ismember([["cup"], ["x"]], names, nargout=2)
    assert (tf.tolist(), loc.tolist()) == ([[True], [False]], [[2], [0]])
    assert m.ismember(m.categorical("cup"), names) is True
    assert m.ismember([1, 5.0], np.uint8([5, 7])).tolist() == [False, True]
    assert m.ismember(2, [[3, 1], [2, 0]], nargout=2)[1] == 2
    assert m.ismember(float("nan"), [float("nan")]) is False
    assert m.ismember(3, []) is False


def test_size_and_numel():
    X = np.zeros((4, 5, 3))
    assert m.size(X).tolist() == [4, 5, 3]
    assert (m.size(X, 1), m.size(X, 3), m.size(X, 4)) == (4, 3, 1)
    assert m.size(X, [1, 2]).tolist() == m.size(X, 1, 2).tolist() == [4, 5]
    h, w, c = m.size(X)
    assert (h, w, c) == (4, 5, 3)
    h, w = m.size(X, nargout=2)
    assert (h, w) == (4, 15)
    assert tuple(m.size(X, nargout=4)) == (4, 5, 3, 1)
    assert m.size([1, 2, 3]).tolist() == [1, 3]
    assert m.size(5).tolist() == m.size("text").tolist() == [1, 1]
    assert m.size(["a", "b"], 2) == 2
    assert m.size([[1, 2]]).tolist() == [1, 2]
    assert m.size({"a": 1}).tolist() == [1, 1]
    assert (m.numel(X), m.numel("text"), m.numel(["a", "b"]), m.numel([]), m.numel(3)) == (60, 1, 2, 0, 1)


def test_cat():
    grey = np.uint8([[1, 2], [3, 4]])
    assert m.cat(3, grey, grey, grey).shape == (2, 2, 3)
    assert m.cat(4, np.zeros((2, 2, 3)), np.ones((2, 2, 3))).shape == (2, 2, 3, 2)
    assert m.cat(1, [1, 2], [3, 4]).tolist() == [[1, 2], [3, 4]]
    assert m.cat(2, [1, 2], 3).tolist() == [1, 2, 3]
    assert m.cat(2, grey, [[5], [6]]).tolist() == [[1, 2, 5], [3, 4, 6]]
    assert m.cat(2, ["a"], "b").tolist() == ["a", "b"]
    assert isinstance(m.cat(1, "a", "b"), StringArray)
    assert m.cat(1, [], [1, 2]).tolist() == [[1, 2]]
    # MATLAB's classes: integers win, then single.
    mixed = m.cat(1, np.array([300.5, -7.0, 2.5]), np.uint8([1, 2, 3]))
    assert (mixed.dtype, mixed.tolist()) == (np.uint8, [[255, 0, 3], [1, 2, 3]])
    assert m.cat(2, np.float32([1]), np.float64([2])).dtype == np.float32
    assert m.cat(2, np.int8([1]), np.uint8([200])).tolist() == [1, 127]
    assert m.cat(2, np.array([True]), np.array([2.0])).dtype == np.float64
    assert m.cat(2, ["a"], [0.5]).tolist() == ["a", "0.5"]


def test_repmat():
    assert m.repmat(np.uint8([[1, 2]]), [1, 1, 3]).shape == (1, 2, 3)
    assert m.repmat([[1, 2]], 2, 3).tolist() == [[1, 2] * 3] * 2
    assert m.repmat([1, 2], 2).tolist() == [[1, 2, 1, 2]] * 2
    assert m.repmat([1, 2], 1, 2).tolist() == [1, 2, 1, 2]
    assert m.repmat(7, 2, 2).tolist() == [[7, 7], [7, 7]]
    assert m.repmat("a", 1, 2).tolist() == ["a", "a"]
    assert m.repmat([], 2).shape == (0, 0)
    assert m.repmat(["a", "b"], 1, 2).tolist() == ["a", "b", "a", "b"]
    assert m.repmat(np.zeros((2, 3, 3), np.uint8), [1, 1, 1, 4]).shape == (2, 3, 3, 4)
    assert m.repmat([1, 2], 0, 1).shape == (0, 2)
    assert m.repmat([1, 2], -1, 1).shape == (0, 2)


def half_away(x):
    return int(np.sign(x) * np.floor(abs(x) + 0.5)) if abs(x) != 0.49999999999999994 else 0


def test_whole_numbers_of_python_are_doubles_beside_others():
    assert m.cat(2, [1], [0.5]).tolist() == [1, 0.5]
    B, I = m.maxk([[0.1, 0.9, 0.5]], 2)
    assert m.cat(2, I.T, B.T).tolist() == [[2, 0.9], [3, 0.5]]
    assert m.cat(2, [1], np.float32([0.5])).dtype == np.float32
    assert m.cat(2, [300], np.uint8([5])).tolist() == [255, 5]
    assert m.cat(2, [1], [2]).dtype == np.int64


def test_class_labels_stay_class_labels():
    one, two = m.categorical(["b", "a"], ["b", "a"]), m.categorical("c")
    joined = m.cat(2, one, two)
    assert isinstance(joined, Labels)
    assert (joined.tolist(), joined.categories) == (["b", "a", "c"], ("b", "a", "c"))
    assert m.categories(m.repmat(one, 2, 1)).tolist() == ["b", "a"]


def test_an_axis_beyond_the_last_changes_nothing():
    for A in ([3, 1, 2], [[3, 1], [2, 9]]):
        for function in (lambda A: m.sort(A, 3), lambda A: m.maxk(A, 2, 3)):
            B, I = function(A)
            assert B.tolist() == A
            assert np.unique(I).tolist() == [1]
    B, I = m.sort([3, 1, 2], 1, "descend")
    assert (B.tolist(), I.tolist()) == ([3, 1, 2], [1, 1, 1])


def test_magnitudes_saturate():
    assert m.sort(np.int8([-128, 1, 127]), ComparisonMethod="abs")[0].tolist() == [1, -128, 127]
    assert m.maxk(np.int8([1, -128]), 1, "ComparisonMethod", "abs")[0].tolist() == [-128]


def test_what_is_empty_or_infinite():
    assert m.rescale([]).size == m.mat2gray([]).size == 0
    assert m.rescale([1, np.inf])[0] == 0
    assert m.mat2gray([1.0, 2.0, np.inf]).shape == (3,)
    assert m.ismember("a", []) is False
    assert m.ismember(["a"], []).tolist() == [False]
    assert m.ismember("<undefined>", ["<undefined>"]) is False
    assert m.size(np.zeros((4, 5)), 1, nargout=1) == 4
    with pytest.raises(TypeError, match="^X must be an array, but is"):
        m.gather([[1, 2], [3]])


def test_casts_of_pictures():
    assert m.im2double(np.uint8([0, 51, 255])).tolist() == [0, 0.2, 1]
    assert m.im2double(np.uint16([0, 13107, 65535])).tolist() == [0, 0.2, 1]
    assert m.im2double(np.int16([-32768, 32767])).tolist() == [0, 1]
    assert m.im2double([True, False]).tolist() == [1, 0]
    assert m.im2double(np.float32([-0.5, 2])).tolist() == [-0.5, 2]
    assert m.im2double(np.uint8([0, 7]), "indexed").tolist() == [1, 8]
    assert m.im2single(np.uint8([51])).dtype == np.float32
    assert m.im2uint8([0, 0.5, 1, 1.5, -1, np.nan]).tolist() == [0, 128, 255, 255, 0, 0]
    assert m.im2uint8(np.uint16(np.arange(65536))).tolist() == [half_away(x / 257) for x in range(65536)]
    assert m.im2uint8(np.int16([-32768, 0, 32767])).tolist() == [0, 128, 255]
    assert m.im2uint8([True, False]).tolist() == [255, 0]
    assert m.im2uint8([1.0, 8.0], "indexed").tolist() == [0, 7]
    for f in (m.im2double, m.im2single, m.im2uint8, m.im2gray):
        with pytest.raises(TypeError, match="^X must be an array of uint8, uint16, int16, single, double or logical"):
            f(np.int32([[1]]))


def test_grey_pictures():
    rng = np.random.default_rng(SEED)
    X = rng.integers(0, 256, (5, 4, 3)).astype(np.uint8)
    weights = [0.298936021293775390, 0.587043074451121360, 0.114020904255103250]
    expected = [[half_away(float(np.dot(pixel, weights))) for pixel in row] for row in X.astype(float)]
    assert m.rgb2gray(X).tolist() == expected, SEED
    np.testing.assert_allclose(m.rgb2gray(X / 255), X / 255 @ weights, rtol=1e-12)
    assert m.rgb2gray(np.float32(X)).dtype == np.float32
    assert m.rgb2gray([[1.0, 0, 0], [0, 1, 0]]).shape == (2, 3)
    assert m.im2gray(X).tolist() == expected
    assert m.im2gray(X[:, :, 0]).tolist() == X[:, :, 0].tolist()
    with pytest.raises(ValueError, match="^RGB must be a colour picture, H×W×3, but has shape .5, 4.; im2gray"):
        m.rgb2gray(X[:, :, 0])


def test_casts_saturate():
    extremes = m.cat(2, np.array([1e300, -1e300]), np.uint64([3]))
    assert extremes.dtype == np.uint64
    assert extremes.tolist()[0] > 2**63
    assert extremes.tolist()[1:] == [0, 3]
    assert m.cat(2, np.array([0.49999999999999994, -2.5, -0.4]), np.int8([0])).tolist() == [0, -3, 0, 0]


def test_tic_toc(capsys):
    start = m.tic()
    time.sleep(0.01)
    assert 0.01 <= m.toc() < 60
    assert 0.01 <= m.toc(start) < 60
    assert capsys.readouterr().out == ""
    assert m.toc(nargout=0) is None
    assert capsys.readouterr().out.startswith("Elapsed time is 0.0")


def test_toc_without_tic(monkeypatch):
    monkeypatch.setattr("occlusion_sensitivity.matlab.timing._started", [])
    with pytest.raises(RuntimeError, match="^toc needs a tic before it"):
        m.toc()


BAD = [None, {}, 1j, [[1], [1, 2]], "text"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda bad: m.maxk(bad, 1), "A"),
        (lambda bad: m.mink(bad, 1), "A"),
        (lambda bad: m.maxk([1, 2], bad), "k"),
        (lambda bad: m.find(bad), "X"),
        (lambda bad: m.find([1], bad), "n"),
        (lambda bad: m.ismember(1, bad), "S|A"),
        (lambda bad: m.cat(3, [[1]], bad), "Array 2|The arrays"),
        (lambda bad: m.cat(bad, [[1]]), "dim"),
        (lambda bad: m.repmat([1], bad), "r"),
        (lambda bad: m.im2double(bad), "X"),
        (lambda bad: m.rgb2gray(bad), "X|RGB"),
        (lambda bad: m.toc(bad or "text"), "timerVal"),
        (lambda bad: m.size([1], bad), "dim"),
    ],
)
def test_what_is_no_number_is_refused_by_name(call, name, bad):
    if bad is None and name == "n":
        return
    if bad == "text" and name == "Array 2|The arrays":
        assert m.cat(2, ["a"], bad).tolist() == ["a", "text"]
        return
    with pytest.raises((TypeError, ValueError), match=f"^({name}) "):
        call(bad)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: m.maxk([1], -1), "^k must be a whole number, 0 or more"),
        (lambda: m.maxk([1], 1.5), "^k must be a whole number, 0 or more"),
        (lambda: m.maxk([1], [1, 2]), "^k must be a whole number, 0 or more"),
        (lambda: m.maxk([[1, 2]], 1, 33), "^dim must be an axis, 1 to 32"),
        (lambda: m.cat(33, [1], [2]), "^dim must be an axis, 1 to 32"),
        (lambda: m.repmat([1, 2], *[1] * 33), "^r must be as many as give at most 32 axes"),
        (lambda: m.repmat(np.zeros((100, 100)), 10**5), "^r must be as many as give at most 32 axes"),
        (lambda: m.size([1], nargout=10**9), "^nargout must be at most 1000, the outputs of size"),
        (lambda: m.find([1], None, "foo"), "^direction must be one of first, last"),
        (lambda: m.rescale([1, 2], "x", 1), "^The option name must be one of"),
        (
            lambda: m.rescale([1, 2], InputMin=5, inputmax=3),
            "^InputMin and inputmax must be in order, but are 5.0",
        ),
        (lambda: m.sort(["a", "b"], ComparisonMethod="abs"), "^ComparisonMethod must be auto for texts"),
        (lambda: m.sort([1, 2], "down"), "^The option name must be one of"),
        (lambda: m.sort([1, 2], "descend", "Missing", "middle"), "^Missing must be one of auto, first, last"),
        (lambda: m.find([1], 0), "^n must be a positive integer"),
        (lambda: m.find([1], 1, "middle"), "^direction must be one of first, last"),
        (
            lambda: m.cat(1, [[1, 2]], [[1, 2, 3]]),
            "^The arrays must be of one size along all axes but 1, but are 1×2, 1×3",
        ),
        (lambda: m.cat(0, [[1]]), "^dim must be a positive integer"),
        (lambda: m.repmat([1], [1.5, 1]), "^r must be a whole number of copies"),
        (lambda: m.repmat([1]), "^r must be a whole number of copies"),
        (lambda: m.im2double([1.0], "index map"), "^kind must be one of indexed"),
        (lambda: m.im2gray(np.zeros((2, 2, 4))), "^X must be a picture, H×W or H×W×3"),
        (lambda: m.size([1], 0), "^dim must be positive integers"),
    ],
)
def test_values_that_are_not_allowed(call, message):
    with pytest.raises(ValueError, match=message):
        call()
