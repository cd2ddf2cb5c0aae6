"""DAGNetwork and SeriesNetwork: labels, layer names, and the page's recipes for moving on."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.matlab import DAGNetwork, SeriesNetwork, dag2dlnetwork, find, string

NAMES = ["cat", "dog", "bird", "fish"]
X = np.random.default_rng(1).random((12, 10, 3))


@pytest.fixture(params=[DAGNetwork, SeriesNetwork])
def net(request, tmp_path):
    plain = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))
    return request.param(plain, Classes=NAMES)


class Categorical:
    """As pandas' Categorical: an object that NumPy makes an array of objects of."""

    def __init__(self, *labels):
        self.labels = labels

    def __array__(self, dtype=None, copy=None):
        return np.array(self.labels, dtype=object)


def test_class_names_are_in_the_last_layer(net):
    assert net.Layers[-1].Classes.tolist() == NAMES
    assert net.Layers[0].InputSize == (12, 10, 3)
    assert len(net.Layers) == 8
    assert "cat, dog and 2 other classes" in repr(net.Layers)
    assert repr(net).startswith(type(net).__name__)


@pytest.mark.parametrize(
    "label", ["bird", np.str_("bird"), np.array("bird"), ["bird"], np.array(["bird"]), Categorical("bird")]
)
def test_a_label_is_its_channel(net, label):
    expected = occlusionSensitivity(dag2dlnetwork(net), X, 3)
    np.testing.assert_array_equal(occlusionSensitivity(net, X, label), expected)


@pytest.mark.parametrize(
    "labels", [["fish", "cat"], ("fish", "cat"), np.array(["fish", "cat"]), Categorical("fish", "cat")]
)
def test_a_vector_of_labels_gives_one_map_each(net, labels):
    found = occlusionSensitivity(net, X, labels, "MaskSize", 4, Stride=3)
    np.testing.assert_array_equal(found, occlusionSensitivity(dag2dlnetwork(net), X, [4, 1], MaskSize=4, Stride=3))


def test_the_first_recipe_of_the_page(net):
    # map = occlusionSensitivity(DAGnet,X,label);
    expected = occlusionSensitivity(net, X, "dog")
    # net = dag2dlnetwork(DAGnet); classNames = DAGnet.Layers(end).Classes;
    plain, classNames = dag2dlnetwork(net), net.Layers[-1].Classes
    # channelIdx = find(label == classNames);
    channelIdx = find(string("dog") == classNames)
    np.testing.assert_array_equal(occlusionSensitivity(plain, X, channelIdx), expected)


def test_the_second_recipe_of_the_page(net):
    # map = occlusionSensitivity(DAGnet,X,layerName,channelIdx);
    expected = occlusionSensitivity(net, X, "relu", 2, Stride=4)
    # net = dag2dlnetwork(DAGnet); net.OutputNames = layerName;
    plain = dag2dlnetwork(net)
    plain.OutputNames = "relu"
    np.testing.assert_array_equal(occlusionSensitivity(plain, X, 2, Stride=4), expected)
    # The DAGNetwork itself still scores its classes.
    assert net.predict(X).shape == (1, 4)


def test_names_of_inputs_and_outputs_are_read_only(net):
    assert (net.InputNames, net.OutputNames) == (["input"], ["prob"])
    with pytest.raises(AttributeError, match="OutputNames"):
        net.OutputNames = "relu"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("cat", "label 'cat'"),
        (Categorical("cat"), "label 'cat'"),
        (["cat"], "label 'cat'"),
        (np.array(["cat", "dog"], dtype=object), "labels ['cat', 'dog']"),
        (("cat", "dog"), "labels ['cat', 'dog']"),
        (Categorical("cat", "dog"), "labels ['cat', 'dog']"),
    ],
)
def test_a_dlnetwork_answers_every_kind_of_label_with_the_way_to_the_channel(net, label, said):
    with pytest.raises(TypeError, match=r"find\(string\(label\) == classNames\)") as error:
        occlusionSensitivity(dag2dlnetwork(net), X, label)
    start = f"channelIdx must be the number of an output channel, but is the {said}: a dlnetwork has no class names."
    assert str(error.value).startswith(start)


def test_the_way_that_a_dlnetwork_names_leads_to_the_channel(tmp_path):
    classNames = np.array(NAMES)
    for label in NAMES:
        assert find(string(label) == classNames) == NAMES.index(label) + 1
    labels = ["fish", "dog"]
    plain = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))
    channels = [find(string(label) == classNames) for label in labels]
    expected = occlusionSensitivity(plain, X, [4, 2], Stride=4)
    np.testing.assert_array_equal(occlusionSensitivity(plain, X, channels, Stride=4), expected)


def test_a_layer_name_is_read_once(net):
    assert net.scoring("relu") is net.scoring("relu")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("birb",), ValueError, r"^label must be a class name of the network, but is 'birb'\. Closest: bird"),
        ((["cat", "birb"],), ValueError, "^label must be"),
        ((3,), TypeError, "takes a class name, or a layer name and channelIdx, but got 3"),
        ((3, 3), TypeError, "^layerName must be the name of a layer, but is 3"),
        (("rely", 3), ValueError, "^OutputNames must be layers of the network, but 'rely' is none. Closest: relu"),
        (("", 3), ValueError, "^OutputNames must be layers of the network, but '' is none"),
        (("relu", 99), ValueError, "^channelIdx must be .*1 to 6"),
        (("cat", "MaskSize"), ValueError, "needs a value"),
    ],
)
def test_bad_targets(net, arguments, error, message):
    with pytest.raises(error, match=message):
        occlusionSensitivity(net, X, *arguments)


def test_a_name_of_two_channels(net):
    twice = DAGNetwork(dag2dlnetwork(net), Classes=["cat", "dog", "cat", "fish"])
    with pytest.raises(ValueError, match=r"^label 'cat' is the name of the channels \[1, 3\]"):
        occlusionSensitivity(twice, X, "cat")


def test_bad_classes(net):
    plain = dag2dlnetwork(net)
    with pytest.raises(ValueError, match="^Classes must hold a name for each of the 4 channels, but holds 3"):
        DAGNetwork(plain, Classes=NAMES[:3])
    with pytest.raises(TypeError, match="^classes must be a vector of text"):
        DAGNetwork(plain, "classes", [1, 2, 3, 4])
    with pytest.raises(TypeError, match="^Classes must be given"):
        DAGNetwork(plain)
    with pytest.raises(TypeError, match="^net must be a dlnetwork"):
        DAGNetwork("net.onnx", Classes=NAMES)
    with pytest.raises(TypeError, match="^net must be a DAGNetwork or SeriesNetwork"):
        dag2dlnetwork(plain)
