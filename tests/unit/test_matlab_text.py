"""Text as in MATLAB: strings, categoricals, formats."""

import copy
import operator
import pickle
import random

import numpy as np
import pytest

from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.matlab.outputs import Outputs
from occlusion_sensitivity.strings import Label, Labels, String, StringArray

NAMES = ["cat", "dog", "cat"]


@pytest.mark.parametrize(
    "names", [NAMES, tuple(NAMES), np.array(NAMES), StringArray(NAMES), np.array(NAMES, dtype=object)]
)
@pytest.mark.parametrize("text", [String("dog"), Label("dog", ["cat", "dog"]), m.string("dog")])
def test_a_text_compares_with_each_of_several(names, text):
    for equal in (text == names, names == text):
        assert isinstance(equal, np.ndarray)
        assert equal.tolist() == [False, True, False]
    for different in (text != names, names != text):
        assert different.tolist() == [True, False, True]
    assert m.find(text == names).tolist() == [2]


@pytest.mark.parametrize("names", [m.string(NAMES), m.categorical(NAMES)])
def test_several_texts_compare_with_one_and_with_as_many(names):
    assert (names == "cat").tolist() == operator.eq("cat", names).tolist() == [True, False, True]
    assert (names == ["cat", "cat", "cat"]).tolist() == operator.eq(["cat"] * 3, names).tolist() == [True, False, True]
    assert (names != np.array(NAMES)).tolist() == [False, False, False]
    assert type(names == "cat") is np.ndarray
    assert float(np.mean(names == NAMES)) == 1.0
    assert (names == 3).tolist() == [False] * 3
    with pytest.raises(ValueError, match="^Texts that are compared must be as many, or one"):
        _ = names == ["cat", "dog"]


def test_a_text_is_a_python_text():
    text = m.string("dog")
    assert isinstance(text, str)
    assert text == "dog"
    assert text != "cat"
    assert {text: 1}["dog"] == 1
    assert text in ["cat", "dog"]
    assert (text == 3, text != 3, text == None) == (False, True, False)  # noqa: E711
    assert (text == []).tolist() == []
    assert f"{text:>5}|" == "  dog|"
    assert copy.deepcopy(text) == pickle.loads(pickle.dumps(text)) == "dog"


def test_plus_joins_texts_and_numbers():
    assert m.string("cup") + " " + np.float32(0.951234) == "cup 0.95123"
    assert "Score: " + m.string("x") + 1 == "Score: x1"
    assert 5 + m.string("x") == "5x"
    assert m.string("x") + True == "xtrue"
    assert (m.string(["a", "b"]) + " " + [0.5, 1]).tolist() == ["a 0.5", "b 1"]
    assert ("<" + m.string(["a", "b"])).tolist() == ["<a", "<b"]
    assert (m.string("k") + ["a", "b"]).tolist() == ["ka", "kb"]
    with pytest.raises(TypeError):
        m.string("a") + None


def test_string_of_everything():
    assert m.string(3.0) == "3"
    assert m.string(0.1 + 0.2) == "0.3"
    assert m.string([1, 2.5]).tolist() == ["1", "2.5"]
    assert m.string(np.uint8([1, 200])).tolist() == ["1", "200"]
    assert m.string([True, False]).tolist() == ["true", "false"]
    assert m.string(float("nan")) == "NaN"
    assert m.string([["a", "b"], ["c", "d"]]).shape == (2, 2)
    assert isinstance(m.string(["a", "b"])[0], String)
    assert all(isinstance(text, String) for text in m.string(["a", "b"]))
    assert m.string(np.array(["a"]))[0] == "a"
    for bad in (None, {}, [["a"], ["b", "c"]], 1j, object(), [None]):
        with pytest.raises(TypeError, match="^X must be texts, numbers or logicals, but is"):
            m.string(bad)


def test_labels_know_their_categories():
    labels = m.categorical(["dog", "cat", "dog"])
    assert isinstance(labels, Labels)
    assert m.categories(labels).tolist() == m.categories(labels[0]).tolist() == ["cat", "dog"]
    assert isinstance(labels[0], Label)
    scores = np.float32([[0.25, 0.75]])
    assert scores[0, labels[0]] == scores[0][labels[0]] == 0.75
    assert m.categories(labels[1:]).tolist() == ["cat", "dog"]
    for again in (pickle.loads(pickle.dumps(labels)), copy.deepcopy(labels)):
        assert again.tolist() == labels.tolist()
        assert again.categories == labels.categories
    one = pickle.loads(pickle.dumps(labels[0]))
    assert (one, one.categories, scores[0, one]) == ("dog", ("cat", "dog"), 0.75)


def test_categories_that_are_given():
    assert m.categorical("b", ["b", "a"]).categories == ("b", "a")
    assert m.categorical([3, 1, 10]).categories == ("1", "3", "10")
    assert m.categorical([1, 2], [2, 1], ["two", "one"]).tolist() == ["one", "two"]
    undefined = m.categorical(["a", "z"], ["a", "b"])
    assert undefined.tolist() == ["a", "<undefined>"]
    assert (undefined == undefined).tolist() == [True, False]
    assert (undefined[1] == "<undefined>") is False
    with pytest.raises(TypeError, match="^A label must be of one category to be an index, but no category has"):
        operator.index(undefined[1])


def test_a_label_of_two_categories_of_one_name_knows_its_own():
    label = m.scores2label([[0.1, 0.2, 0.7]], ["crane", "owl", "crane"], nargout=1)
    assert np.array([1, 2, 3])[label] == 3
    with pytest.raises(TypeError, match="several categories have the name 'crane'"):
        operator.index(Label("crane", ["crane", "owl", "crane"]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.categorical(None), TypeError, "^A must be texts or numbers"),
        (lambda: m.categorical("a", None, [1j]), TypeError, "^catnames must be texts or numbers"),
        (lambda: m.categorical("a", ["a", "a"]), ValueError, "^valueset must be different from each other"),
        (lambda: m.categorical("a", ["a"], ["x", "y"]), ValueError, "^catnames must be as many as the categories, 1"),
        (lambda: m.categories(["a"]), TypeError, "^A must be a categorical"),
    ],
)
def test_bad_categoricals(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("%d, ", [1, 2, 3]), "1, 2, 3, "),
        (("%s and %s", "a"), "a and "),
        (("%s and %s",), " and "),
        (("a%db", []), "ab"),
        (("%d", 1.5), "1.500000e+00"),
        (("%.2d", 1.5), "1.50e+00"),
        (("%i|%u", 7, 8), "7|8"),
        (("%x", 1.5), "1.500000e+00"),
        (("%d", 1e20), "100000000000000000000"),
        (("%5d|%-5d|%05d|%+d|% d", 1, 2, 3, 4, 5), "    1|2    |00003|+4| 5"),
        (("%06.2f|%06.2f", -1.5, 1.5), "-01.50|001.50"),
        (("%f %d %5.1f %g", np.inf, np.nan, -np.inf, np.nan), "Inf NaN  -Inf NaN"),
        (("%05.1f", np.inf), "  Inf"),
        (("%*d|%-*s|%.*f", 5, 3, 4, "a", 1, 2.25), "    3|a   |2.2"),
        (("%2$s %1$s", "a", "b"), "b a"),
        (("%s", 65), "A"),
        (("%s", 0.5), "5.000000e-01"),
        (("%c%c%c|", "abc"), "abc|"),
        (("%c-", "abc"), "a-b-c-"),
        (("%.2s|%4s|%-4s|", "abc", "ab", "cd"), "ab|  ab|cd  |"),
        (("%d %d\n", [[1, 2], [3, 4]]), "1 3\n2 4\n"),
        (("%s: %d; ", "a", 1, "bc", 2), "a: 1; bc: 2; "),
        (("%5.1f%%", 95.25), " 95.2%"),
        ((r"a\tb\n\\\x41\101",), "a\tb\n\\AA"),
        (("%d", True), "1"),
        (("%d", np.uint64(2**64 - 1)), "18446744073709551615"),
        (("%s", Label("dog", ["dog"])), "dog"),
        (("%s|", m.categorical(["a", "b"])), "a|b|"),
        (("%.3f", np.float32(0.1)), "0.100"),
        (("%ld %hd %lu", 1, 2, 3), "1 2 3"),
        (("%g %G %e", 1e-10, 1e-10, 12345.678), "1e-10 1E-10 1.234568e+04"),
        (("%s 猫", "狗"), "狗 猫"),
        (("100%% sure",), "100% sure"),
    ],
)
def test_sprintf(arguments, expected):
    found = m.sprintf(*arguments)
    assert isinstance(found, String)
    assert found == expected


def test_fprintf_prints(capsys):
    assert m.fprintf("%s: %.2f\n", "cup", 0.951) is None
    assert m.fprintf(1, "x\n") is None
    assert m.fprintf(2, "%d", 3) is None
    assert m.fprintf("猫", nargout=1) == 3
    out = capsys.readouterr()
    assert out.out == "cup: 0.95\nx\n猫"
    assert out.err == "3"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.sprintf(3), TypeError, "^formatSpec must be a text with formatting operators"),
        (lambda: m.sprintf("%q", 3), ValueError, "^formatSpec has '%q': operators are %d"),
        (lambda: m.sprintf("100%"), ValueError, "^formatSpec has '%'"),
        (lambda: m.sprintf("%d", None), TypeError, "^Argument 1 must be numbers or texts, but is None"),
        (lambda: m.sprintf("%d %d", 1, {}), TypeError, "^Argument 2 must be numbers or texts"),
        (lambda: m.sprintf("%d", 1j), TypeError, "^Argument 1 must be numbers or texts"),
        (lambda: m.sprintf("%d", [[1], [1, 2]]), TypeError, "^Argument 1 must be numbers or texts"),
        (lambda: m.sprintf("%*d", "a", 3), TypeError, r"^The \* of '%\*d' must be a whole number, but is 'a'"),
        (lambda: m.sprintf("%3$d", 1), ValueError, "must name one of the 1 arguments"),
        (lambda: m.fprintf(), TypeError, "^formatSpec must be given"),
        (lambda: m.fprintf(1), TypeError, "^formatSpec must be given"),
        (lambda: m.fprintf(3, "a"), ValueError, "^fileID must be 1, the standard output, or 2"),
        (lambda: m.compose("%d", [1, 2], [1, 2, 3]), ValueError, "^The arguments of compose must have as many rows"),
        (lambda: m.compose(None), TypeError, "^X must be texts"),
        (lambda: m.compose(["%d", "%s"], 1), TypeError, "^formatSpec must be a text"),
        (lambda: m.join([1j]), TypeError, "^text must be an array of texts"),
        (lambda: m.join(["a", "b"], ["x", "y"]), ValueError, "^delimiter must be one text or 1"),
        (lambda: m.join(["a", "b"], ",", 3), ValueError, "^join takes texts, a delimiter and one of their 2 axes"),
        (lambda: m.num2str(None), TypeError, "^A must be an array of real numbers"),
        (lambda: m.num2str(1, 0), ValueError, "^precision must be a positive integer"),
        (lambda: m.num2str(1, 2, 3), ValueError, "^num2str takes a number and its precision"),
    ],
)
def test_bad_formats(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_sprintf_of_several_outputs_says_so():
    with pytest.raises(TypeError, match="scores2label gives 2 outputs here, and they are used as one value"):
        m.sprintf("%s", m.scores2label([0.1, 0.9], ["a", "b"]))


def test_random_formats_agree_with_python():
    """Where the number fits its operator, the C library's rules hold, which Python shares."""
    seed = random.SystemRandom().randrange(10**9)
    rng = random.Random(seed)
    for _ in range(300):
        flags = "".join(flag for flag in "-+ 0#" if rng.random() < 0.25)
        conversion = rng.choice("dfegEG")
        # With a precision, C fills no whole number with zeros; Python does.
        precisions = [""] if conversion == "d" and "0" in flags else ["", ".0", ".1", ".7"]
        width, precision = rng.choice(["", "3", "12"]), rng.choice(precisions)
        value = rng.randint(-(10**6), 10**6) if conversion == "d" else rng.uniform(-1, 1) * 10 ** rng.randint(-8, 12)
        spec = f"%{flags}{width}{precision}{conversion}"
        assert m.sprintf(spec, value) == spec % value, (seed, spec, value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("%s: %.2f", ["cup", "mug"], [0.75, 0.5]), ["cup: 0.75", "mug: 0.50"]),
        (("%s: %.2f", m.string(["cup", "mug"]), np.float32([[0.75, 0.5]])), ["cup: 0.75", "mug: 0.50"]),
        (("%d", [1, 2, 3]), ["1", "2", "3"]),
        (("%d-%d", [1, 2, 3, 4]), ["1-2", "3-4"]),
        (("%d-%d", [1, 2, 3]), ["1-2", "3-%d"]),
        (("%d-%d", [[1, 2], [3, 4]]), ["1-2", "3-4"]),
        (("%d", [[1, 2], [3, 4]]), [["1", "2"], ["3", "4"]]),
        (("%s %s", "a", ["x", "y"]), ["a x", "a y"]),
        ((["a\\n", "b"],), ["a\n", "b"]),
    ],
)
def test_compose(arguments, expected):
    assert m.compose(*arguments).tolist() == expected


def test_compose_of_single_values():
    assert m.compose("%s %d", "a", 3) == "a 3"
    assert isinstance(m.compose("%s %d", "a", 3), String)
    assert m.compose(r"a\tb") == "a\tb"
    assert m.compose("none", 3) == "none"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((["a", "b", "c"],), "a b c"),
        ((["a", "b", "c"], ", "), "a, b, c"),
        ((["a", "b", "c"], ["-", "+"]), "a-b+c"),
        (("alone", ", "), "alone"),
        ((m.categorical(["a", "b"]), "/"), "a/b"),
        (([["a", "b"], ["c", "d"]], "-"), ["a-b", "c-d"]),
        (([["a", "b"], ["c", "d"]], "-", 1), ["a-c", "b-d"]),
        (([["a"], ["b"]], "-"), "a-b"),
    ],
)
def test_join(arguments, expected):
    found = m.join(*arguments)
    assert (found if isinstance(found, str) else found.tolist()) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((np.pi,), "3.1416"),
        ((123.456789,), "123.4568"),
        ((0.000123456,), "0.00012346"),
        ((1e10,), "10000000000"),
        ((1e16,), "1e+16"),
        ((-5,), "-5"),
        ((True,), "1"),
        ((np.float32(0.95123),), "0.95123"),
        ((np.uint8(200),), "200"),
        (([1, 2, 3],), "1  2  3"),
        (([1.5, 2.25],), "1.5        2.25"),
        (([1, np.nan, 3],), "1  NaN    3"),
        ((np.pi, 8), "3.1415927"),
        ((0.95, 2), "0.95"),
        ((np.pi, "%10.5f"), "3.14159"),
        (([1, 2, 3], "%d,"), "1,2,3,"),
        ((np.nan,), "NaN"),
        ((-np.inf,), "-Inf"),
        (("text",), "text"),
        (([],), ""),
    ],
)
def test_num2str(arguments, expected):
    found = m.num2str(*arguments)
    assert isinstance(found, String)
    assert found == expected


def test_num2str_of_a_matrix():
    assert m.num2str([[1, 2], [3, 40]]).tolist() == ["1   2", "3  40"]
    assert m.num2str(np.array([[10.5], [2]]), "%.1f").tolist() == ["10.5", "2.0"]


def test_disp(capsys):
    values = ["text", m.string(["a", "b"]), m.categorical("dog"), m.categorical(["a", "b"]), 5, 0.951234, 123456]
    for value in [*values, 12345.6789, True, np.nan, np.float32(0.5), np.array([1, 2]), {"a": 1}]:
        m.disp(value)
    assert capsys.readouterr().out.splitlines() == [
        *("text", "a", "b", "     dog", "     a", "     b", "     5", "    0.9512", "      123456"),
        *("   1.2346e+04", "   1", "   NaN", "    0.5000", "[1 2]", "{'a': 1}"),
    ]


USES_AS_ONE_VALUE = [
    lambda pair: pair == "a",
    lambda pair: pair == ["a", "b"],
    lambda pair: np.array(["a"]) == pair,
    lambda pair: m.string(["a", "b"]) == pair,
    lambda pair: m.string("a") == pair,
    lambda pair: pair != "a",
    lambda pair: f"{pair}",
    lambda pair: "a" + pair,
    lambda pair: pair + 1,
    lambda pair: np.arange(2) * pair,
    lambda pair: np.asarray(pair),
    lambda pair: bool(pair),
    lambda pair: float(pair),
    lambda pair: [1, 2][pair],
]


@pytest.mark.parametrize("use", USES_AS_ONE_VALUE)
def test_outputs_that_are_used_as_one_value_say_so(use):
    pair = m.scores2label([0.1, 0.9], ["a", "b"])
    assert isinstance(pair, Outputs)
    label, score = pair
    assert (label, score) == ("b", 0.9)
    with pytest.raises(TypeError, match=r"label, score = scores2label\(…\), or ask for label alone, .* nargout=1"):
        use(pair)


def test_numbers_of_outputs():
    assert m.scores2label([0.1, 0.9], ["a", "b"], nargout=1) == "b"
    assert len(m.scores2label([0.1, 0.9], ["a", "b"], nargout=2)) == 2
    with pytest.raises(ValueError, match=r"^nargout must be at most 2, the outputs of scores2label \(label, score\)"):
        m.scores2label([0.1, 0.9], ["a", "b"], nargout=3)
    for bad in (0, -1, 1.5, "two"):
        with pytest.raises((ValueError, TypeError), match="^nargout must be a positive integer"):
            m.scores2label([0.1, 0.9], ["a", "b"], nargout=bad)
    with pytest.raises(TypeError, match=r"^A must be .* but is 2 outputs of scores2label \(label, score; nargout=1"):
        m.mat2gray(m.scores2label([0.1, 0.9], ["a", "b"]))
