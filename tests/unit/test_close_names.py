"""A class name that is not there: what is close to it is said, and nothing that is not; or how a channel is chosen."""

import pytest

from occlusion_sensitivity import imagePretrainedNetwork
from occlusion_sensitivity.arguments import channel_in_any_case, channel_named

WAY = "--channel K chooses one"
NAMES = [
    "tabby",
    "Tabby cat",
    "tiger cat",
    "tiger shark",
    "Egyptian cat",
    "lab coat",
    "crane",
    "Crane",
    "Straße",
    " emu ",
]


def hint(label, names=NAMES, find=channel_named):
    """What follows the label in the message."""
    with pytest.raises(ValueError, match="^--label must be a class name of the network, but is ") as error:
        find("--label", label, names, WAY)
    return str(error.value).partition(repr(label))[2]


@pytest.mark.parametrize("find", [channel_named, channel_in_any_case])
@pytest.mark.parametrize(
    ("label", "closest"),
    [
        ("tabbi", "tabby"),
        ("cat", "Tabby cat, tiger cat, Egyptian cat"),
        ("CAT_TIGER", "tiger cat"),
        ("egyptian", "Egyptian cat"),
        ("my Tabby", "tabby"),
        ("tiger shrak", "tiger shark"),
        ("LAB  COAT", "lab coat"),
    ],
)
def test_the_closest_names_are_close(label, closest, find):
    assert hint(label, find=find).startswith(f". Closest: {closest}")
    assert "emu" not in hint(label, find=find)


def test_case_does_not_matter_for_what_is_close():
    assert hint("TABBY") == ". Closest: tabby, Tabby cat."
    _, names = imagePretrainedNetwork()
    assert hint("ESPRESSO", names.tolist()) == ". Closest: espresso, espresso maker."
    assert hint("Dog", names.tolist()).count("dog") == 5


@pytest.mark.parametrize("label", ["xyzzy", "", "  ", "?", "coatrack", "q"])
def test_where_nothing_is_close_no_name_is_listed(label):
    assert hint(label) == ", and none of its 10 class names is close to that."


@pytest.mark.parametrize("label", ["282", " 282", "-1", "+3", "2.", "2.0"])
def test_a_number_is_told_how_a_channel_is_chosen(label):
    assert hint(label) == f". If that is the number of a channel, {WAY}."


def test_a_class_may_be_a_number():
    assert channel_named("label", "7", ["5", "7"], WAY) == 2
    assert channel_in_any_case("label", " 7", ["5", "7"], WAY) == 2


def test_labels_of_matlab_are_exact():
    assert channel_named("label", "Crane", NAMES, WAY) == 8
    assert channel_named("label", " emu ", NAMES, WAY) == 10
    assert hint("emu") == ". Closest:  emu ."


@pytest.mark.parametrize(
    ("label", "channel"),
    [("TABBY", 1), (" tabby\n", 1), ("tabby CAT", 2), ("emu", 10), ("STRASSE", 9), ("crane", 7), ("Crane", 8)],
)
def test_a_name_in_any_case(label, channel):
    assert channel_in_any_case("--label", label, NAMES, WAY) == channel


@pytest.mark.parametrize("label", ["CRANE", " crane "])
def test_a_name_of_several_channels_but_for_the_case(label):
    with pytest.raises(ValueError, match=rf"^--label {label!r} is the name of the channels \[7, 8\]; {WAY}\.$"):
        channel_in_any_case("--label", label, NAMES, WAY)


def test_a_name_that_two_classes_have_exactly():
    for find in (channel_named, channel_in_any_case):
        with pytest.raises(ValueError, match=rf"^label 'cat' is the name of the channels \[1, 3\]; {WAY}\.$"):
            find("label", "cat", ["cat", "CAT", "cat"], WAY)
