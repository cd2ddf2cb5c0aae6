"""classify, activations and the options of running networks."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.network import pretrained
from occlusion_sensitivity.strings import Label, Labels, StringArray

NAMES = ["cat", "dog", "bird", "fish"]
X = np.random.default_rng(1).random((12, 10, 3, 5))


@pytest.fixture
def plain(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


@pytest.fixture(params=[m.DAGNetwork, m.SeriesNetwork])
def net(request, plain):
    return request.param(plain, Classes=NAMES)


def test_classify_one_image(net):
    label, scores = m.classify(net, X[..., 0])
    np.testing.assert_array_equal(scores, net.predict(X[..., 0]))
    assert isinstance(label, Label)
    assert label == NAMES[scores.argmax()]
    assert scores[0, label] == scores.max()
    assert m.categories(label).tolist() == NAMES
    assert m.classify(net, X[..., 0], nargout=1) == label
    np.testing.assert_array_equal(
        occlusionSensitivity(net, X[..., 0], label), occlusionSensitivity(net, X[..., 0], str(label))
    )
    assert m.find(net.Layers[-1].Classes == label).tolist() == [scores.argmax() + 1]
    assert m.sprintf("%s: %.3f", label, scores[0, label]) == f"{label}: {scores.max():.3f}"


def test_classify_several_images(net):
    labels, scores = m.classify(net, X, MiniBatchSize=2)
    assert isinstance(labels, Labels)
    assert scores.shape == (5, 4)
    assert labels.tolist() == [NAMES[k] for k in scores.argmax(1)]
    assert float(np.mean(labels == m.categorical(labels.tolist(), NAMES))) == 1
    np.testing.assert_allclose(m.predict(net, X), scores, rtol=1e-6)
    assert scores[3, labels[3]] == scores[3].max()


def test_a_dlnetwork_is_told_its_way(plain):
    with pytest.raises(TypeError, match="^classify takes a DAGNetwork or SeriesNetwork; .* scores2label"):
        m.classify(plain, X)
    with pytest.raises(
        TypeError, match="^activations takes a DAGNetwork .* minibatchpredict.net, X, Outputs=layerName"
    ):
        m.activations(plain, X, "relu")
    for function in (m.classify, m.predict, m.minibatchpredict):
        with pytest.raises(TypeError, match="^net must be a dlnetwork"):
            function("net", X)


def test_activations(net, plain):
    plain.OutputNames = "relu"
    single = plain.predict(X[..., 0])  # rows × columns × channels
    act = m.activations(net, X[..., 0], "relu")
    np.testing.assert_array_equal(act, single)
    several = m.activations(net, X, "relu", "MiniBatchSize", 2)
    assert several.shape == (*single.shape, 5)
    np.testing.assert_allclose(several[..., 0], act, rtol=1e-6)
    rows = m.activations(net, X, "relu", OutputAs="rows")
    assert rows.shape == (5, single.size)
    np.testing.assert_allclose(rows[0], single.ravel(order="F"), rtol=1e-6)
    np.testing.assert_array_equal(m.activations(net, X, "relu", "OutputAs", "columns"), rows.T)
    number = [layer.Name for layer in net.Layers].index("relu") + 1
    np.testing.assert_array_equal(m.activations(net, X[..., 0], number), act)
    scores = m.activations(net, X[..., 0], "prob")
    assert scores.shape == (1, 1, 4)
    assert m.activations(net, X, "prob").shape == (1, 1, 4, 5)
    np.testing.assert_array_equal(scores[0], net.predict(X[..., 0]))
    np.testing.assert_array_equal(m.activations(net, X[..., 0], "classoutput"), scores)


def test_outputs_of_a_dlnetwork(plain):
    relu = m.minibatchpredict(plain, X, Outputs="relu")
    assert plain.OutputNames == ["prob"]
    assert m.predict(plain, X[..., 0], "Outputs", "relu").shape == relu.shape[:3]
    assert m.forward(plain, X[..., 0], Outputs="relu").shape == relu.shape[:3]
    np.testing.assert_allclose(m.predict(plain, X[..., 0], Outputs="relu"), relu[..., 0], rtol=1e-6)
    assert plain.scoring("relu") is plain.scoring("relu")
    assert m.predict(plain, X, ExecutionEnvironment="cpu", Acceleration="none").shape == (5, 4)


def test_two_classes_of_one_name(plain):
    net = m.DAGNetwork(plain, Classes=["crane", "owl", "crane", "dog"])
    for k in range(5):
        label, scores = m.classify(net, X[..., k])
        if label == "crane":
            found = occlusionSensitivity(net, X[..., k], label, MaskSize=4, Stride=3)
            expected = occlusionSensitivity(plain, X[..., k], scores.argmax() + 1, MaskSize=4, Stride=3)
            np.testing.assert_array_equal(found, expected)
            return
    pytest.fail("no image of this seed is a crane")


def test_class_names_are_strings(plain, net):
    assert isinstance(net.Layers[-1].Classes, StringArray)
    _, classNames = m.imagePretrainedNetwork()
    assert isinstance(classNames, StringArray)
    assert classNames[967] + ", " + 0.5 == "espresso, 0.5"
    assert m.find(classNames == "espresso").tolist() == [968]


def test_what_was_not_found_is_said(plain):
    with pytest.raises(ValueError, match="^channelIdx must be .* but is empty: find.label == classNames. is, where no"):
        occlusionSensitivity(plain, X[..., 0], m.find(m.string("cow") == NAMES))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, m.SeriesNetwork) for name in ("alexnet", "vgg16", "vgg19")),
        *(
            (name, m.DAGNetwork)
            for name in ("googlenet", "mobilenetv2", "resnet18", "resnet50", "resnet101", "squeezenet")
        ),
    ],
)
def test_constructors(monkeypatch, name, kind):
    asked = []

    def given(asked_for):
        asked.append(asked_for)
        return pretrained.imagePretrainedNetwork()

    monkeypatch.setattr("occlusion_sensitivity.matlab.networks.imagePretrainedNetwork", given)
    for net in (getattr(m, name)(), getattr(m, name)("Weights", "imagenet"), getattr(m, name)(weights="imagenet")):
        assert type(net) is kind
        assert net.Layers[-1].Classes[967] == "espresso"
    assert asked == [name] * 3
    assert name in pretrained.NAMES
    with pytest.raises(ValueError, match="^Weights must be one of imagenet, but is 'places365'"):
        getattr(m, name)(Weights="places365")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: m.classify(net, X[..., :0]), ValueError, "^X must be images, H×W×C×N"),
        (lambda net: m.classify(net, "photo.jpg"), TypeError, "^X must be an array of real numbers"),
        (lambda net: m.classify(net, X[:5]), ValueError, "^X must be images, .* of image 1 of 5: X must be 12×10×3"),
        (lambda net: m.classify(net, X, MiniBatchSize=0), ValueError, "^MiniBatchSize must be a positive integer"),
        (
            lambda net: m.classify(net, X, Acceleration="fast"),
            ValueError,
            "^Acceleration must be one of auto, mex, none",
        ),
        (lambda net: m.classify(net, X, "SequenceLength", 3), ValueError, "^The option name must be one of"),
        (
            lambda net: m.classify(net, X, ExecutionEnvironment="gpu"),
            RuntimeError,
            '^ExecutionEnvironment must be "auto" or',
        ),
        (lambda net: m.classify(net, X, nargout=3), ValueError, "^nargout must be at most 2"),
        (lambda net: m.activations(net, X, "rely"), ValueError, "Closest: relu"),
        (lambda net: m.activations(net, X, 99), ValueError, "^layerName must be a layer's name, or its number of 1 to"),
        (lambda net: m.activations(net, X, None), TypeError, "^layerName must be a positive integer"),
        (
            lambda net: m.activations(net, X, "relu", OutputAs="rows and columns"),
            ValueError,
            "^OutputAs must be one of",
        ),
        (lambda net: m.minibatchpredict(net, X, Outputs=3), TypeError, "^Outputs must be the name of a layer"),
    ],
)
def test_bad_calls(net, call, error, message):
    with pytest.raises(error, match=message):
        call(net)
