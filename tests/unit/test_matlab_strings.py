"""What texts, labels and formats do beyond the plain case."""

import time

import numpy as np
import pytest

from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.matlab.outputs import Outputs
from occlusion_sensitivity.strings import String


def test_texts_and_numbers_of_a_list_stay_what_they_are():
    assert m.string(["a", 1 / 3, True]).tolist() == ["a", "0.33333", "true"]
    assert m.sprintf("%s: %.2f", ["cup", 0.951234]) == "cup: 0.95"
    assert m.compose("%s %d", ["a", 1.0, "b", 2]).tolist() == ["a 1", "b 2"]
    assert m.join(["a", 0.5]) == "a 0.5"
    assert m.cat(2, ["a"], [1 / 3]).tolist() == ["a", "0.33333"]
    assert m.ismember("1", ["a", 1.0]) is True
    assert m.ismember("1.0", ["a", 1.0]) is False


def test_a_text_that_does_not_fit_is_no_part_of_it():
    names = m.string(["a", "b"])
    names[0] = "c"
    assert names.tolist() == ["c", "b"]
    with pytest.raises(ValueError, match="^An element of this array has room for 1 characters, not for 8"):
        names[0] = "espresso"
    with pytest.raises(TypeError, match="^An element must be a text, but is None"):
        names[0] = None
    labels = m.categorical(["cat", "dog"])
    labels[0] = "dog"
    assert labels.tolist() == ["dog", "dog"]
    with pytest.raises(ValueError, match="^A label must be one of the categories cat, dog, but is 'cow'"):
        labels[0] = "cow"


def test_methods_of_texts_give_texts():
    for text in (
        m.string("Cup").lower(),
        m.string(" cup ").strip(),
        m.string("cups")[:-1],
        m.string("mug").replace("mug", "cup"),
    ):
        assert isinstance(text, String)
        assert m.find(text == ["mug", "cup"]).tolist() == [2]
    names = m.string([" A", "b "])
    assert names.strip().lower().tolist() == ["a", "b"]
    assert names.upper().replace("B", "c").tolist() == [" A", "c "]
    assert m.string("-") * 3 == "---"


def test_numbers_before_texts():
    assert np.float32(94.5) + m.string("%") == "94.5%"
    assert np.float64(0.25) + m.string("x") == "0.25x"
    assert (np.float32(0.5) + m.string(["a", "b"])).tolist() == ["0.5a", "0.5b"]
    assert (np.array([1, 2.5]) + m.string("x")).tolist() == ["1x", "2.5x"]
    assert (np.array(["x", "y"]) + m.string("a")).tolist() == ["xa", "ya"]
    assert (np.array(["x", "a"]) == m.string("a")).tolist() == [False, True]
    assert np.unique(m.string(["b", "a", "b"])).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="^Texts that are joined must be as many, or one"):
        m.string(["a", "b"]) + ["c", "d", "e"]


def test_a_text_equals_the_number_that_it_writes():
    assert m.string("1") == 1
    assert m.string("1.5") == 1.5
    assert (m.string(["1", "3"]) == 3).tolist() == [False, True]
    assert (m.string("a") == None) is False  # noqa: E711
    assert (m.string("a") != None) is True  # noqa: E711


def test_options_and_missing_values_of_categoricals():
    with pytest.raises(ValueError, match="^Ordinal must be false: categories have no order"):
        m.categorical(["a", "b"], "Ordinal", True)
    with pytest.raises(ValueError, match="^protected must be false"):
        m.categorical(["a", "b"], protected=True)
    assert m.categorical(["a", "b"], Ordinal=False).tolist() == ["a", "b"]
    assert m.categorical([1, np.nan]).tolist() == ["1", "<undefined>"]
    assert m.categorical(["", "a"]).categories == ("a",)
    assert m.categorical(["a ", " a"]).categories == ("a",)
    assert m.categorical([0.123456, 0.123457]).categories == ("0.12346",)
    assert m.categorical(m.categorical(["b", "a"], ["b", "a"])).categories == ("b", "a")
    with pytest.raises(TypeError, match="^categorical takes values, a valueset and catnames, but got 4"):
        m.categorical("a", ["a"], ["b"], ["c"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("%#o", 8), "010"),
        (("%#x|%#x", 255, 0), "0xff|0"),
        (("%+x|% u|%+o", 255, 5, 8), "ff|5|10"),
        (("%.*f", -3, 1.5), "1.500000"),
        (("%-*d|", -4, 3), "3   |"),
    ],
)
def test_flags_as_in_c(arguments, expected):
    assert m.sprintf(*arguments) == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: m.sprintf("%*d", 1e10, 1), "^The width and the precision of '%.d' must be at most 65536"),
        (lambda: m.sprintf("%9999999999999d", 1), "^The width and the precision of '%9999999999999d' must be at most"),
        (lambda: m.sprintf("%.*f", 1e300, 1), "must be at most 65536"),
        (lambda: m.sprintf("%*d", np.inf, 1), "must be a whole number, but is inf"),
        (lambda: m.sprintf("%*d", np.nan, 1), "must be a whole number, but is nan"),
        (lambda: m.num2str(3.3, 10**12), "^precision must be at most 1000 digits"),
        (lambda: m.fprintf(np.array([1, 2]), "a"), "^fileID must be 1"),
        (lambda: m.fprintf("a", nargout="x"), "^nargout must be 0 or 1"),
        (lambda: m.toc(nargout=5), "^nargout must be 0 or 1"),
    ],
)
def test_numbers_without_end(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_arguments_by_their_numbers():
    assert m.compose("%2$s %1$s", ["a", "b"], ["c", "d"]).tolist() == ["c a", "d b"]
    assert m.join([]) == ""
    assert m.num2str(["a", "b"]).tolist() == ["a", "b"]


def test_what_is_no_character_is_a_number(capsys):
    m.fprintf("%s\n", 55296)
    assert capsys.readouterr().out == "5.529600e+04\n"


def test_a_start_of_its_own():
    m.tic()
    time.sleep(0.05)
    start = m.tic(nargout=1)
    assert m.toc(start) < m.toc() - 0.04
    assert m.toc(np.int64(start)) > 0


def test_outputs_are_no_index_and_no_text():
    found = m.maxk([0.1, 0.9, 0.5], 2)
    assert isinstance(found, Outputs)
    for use in (
        lambda: np.arange(3)[found],
        lambda: f"{found}",
        lambda: str(found),
        lambda: found.upper(),
        lambda: found.shape,
        lambda: abs(found),
        lambda: found % 2,
        lambda: 0.9 in found,
        lambda: round(found),
    ):
        with pytest.raises(TypeError, match="maxk gives 2 outputs here, and they are used as one value"):
            use()
    assert len(found) == 2
    assert found[1].tolist() == [2, 3]
    assert repr(found).startswith("2 outputs of maxk (B, I; nargout=1")
