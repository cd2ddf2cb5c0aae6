"""The options of MATLAB's two importers: honoured, checked against the file, or refused by name."""

import numpy as np
import pytest
from onnx import helper

import networks
from occlusion_sensitivity import dlnetwork, imageInputLayer, importNetworkFromONNX
from occlusion_sensitivity.matlab import DAGNetwork, importONNXNetwork

NAMES = ["cat", "dog", "bird", "fish"]
BOTH = pytest.mark.parametrize("importer", [importNetworkFromONNX, importONNXNetwork])


@pytest.fixture
def file(tmp_path):
    return networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))


class Categorical:
    """As pandas' Categorical: an object that NumPy makes an array of objects of."""

    def __array__(self, dtype=None, copy=None):
        return np.array(NAMES, dtype=object)


@BOTH
@pytest.mark.parametrize(
    "options",
    [
        {"Namespace": "layers"},
        {"PackageName": "layers"},
        {"Namespace": "", "FoldConstants": "none"},
        {"foldconstants": "SHALLOW", "generate": False},
        {"GenerateCustomLayers": 1, "FoldC": "deep"},
        {"InputDataFormats": ["BCSS"], "OutputDataFormats": "BC"},
        {"OutputDataFormats": ["bc"]},
        {"OutputDataFormats": np.array(["BC"])},
    ],
)
def test_what_changes_nothing_is_accepted(file, importer, options):
    expected = importer(file).predict(np.ones((12, 10, 3)))
    np.testing.assert_array_equal(importer(file, **options).predict(np.ones((12, 10, 3))), expected)
    pairs = [part for pair in options.items() for part in pair]
    np.testing.assert_array_equal(importer(file, *pairs).predict(np.ones((12, 10, 3))), expected)


@BOTH
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"Namespace": 3}, TypeError, "^Namespace must be text, but is 3"),
        ({"package": ["a", "b"]}, TypeError, "^package must be text, but is"),
        ({"FoldConstants": "all"}, ValueError, "^FoldConstants must be one of deep, shallow, none, but is 'all'"),
        ({"FoldConstants": True}, TypeError, "^FoldConstants must be one of"),
        ({"GenerateCustomLayers": "yes"}, TypeError, "^GenerateCustomLayers must be true or false, but is 'yes'"),
        ({"InputDataFormats": ["BCSS", "BC"]}, ValueError, "^InputDataFormats must be BCSS or BSSC, but is"),
        ({"InputDataFormats": 3}, ValueError, "^InputDataFormats must be BCSS or BSSC, but is 3"),
        ({"OutputDataFormats": "CB"}, ValueError, r"^OutputDataFormats must be as the file has it \(BC\), but is 'CB'"),
        ({"OutputDataFormats": "BCSS"}, ValueError, r"^OutputDataFormats must be as the file has it \(BC\)"),
        ({"OutputDataFormats": ["BC", "BC"]}, ValueError, r"^OutputDataFormats must be as the file has it \(BC\), but"),
        ({"OutputDataFormats": 3}, TypeError, "^OutputDataFormats must be text, one for each output, but is 3"),
    ],
)
def test_what_would_change_the_meaning_is_refused(file, importer, options, error, message):
    with pytest.raises(error, match=message):
        importer(file, **options)


@pytest.mark.parametrize("name", ["TargetNetwork", "OutputLayerType", "Classes", "ClassNames", "ImageInputSize"])
def test_options_of_classifiers_are_none_of_a_dlnetwork(file, name):
    with pytest.raises(ValueError, match=f"^The option name must be one of .*, but is '{name}'"):
        importNetworkFromONNX(file, name, "auto")


def test_formats_of_images_at_the_output(tmp_path):
    first = networks.spatial(tmp_path / "first.onnx", np.random.default_rng(0))
    importNetworkFromONNX(first, OutputDataFormats="BCSS")
    with pytest.raises(ValueError, match=r"^OutputDataFormats must be as the file has it \(BCSS\), but is 'BSSC'"):
        importNetworkFromONNX(first, OutputDataFormats="BSSC")
    nodes = [helper.make_node("MatMul", ["input", "weight"], ["score"])]
    weight = {"weight": np.ones((3, 5), np.float32)}
    last = networks.save(tmp_path / "last.onnx", nodes, weight, {"input": ["N", 12, 9, 3]}, {"score": ["N", 12, 9, 5]})
    importNetworkFromONNX(last, OutputDataFormats="BSSC")
    with pytest.raises(ValueError, match=r"^OutputDataFormats must be as the file has it \(BSSC\), but is 'BCSS'"):
        importNetworkFromONNX(last, OutputDataFormats="BCSS")


def test_a_format_where_the_file_leaves_the_number_of_axes_open(tmp_path):
    nodes = [helper.make_node("Reshape", ["input", "shape"], ["score"])]
    nodes.insert(0, helper.make_node("Shape", ["input"], ["shape"]))
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, "H", "W"]}, {"score": None})
    for good in ("BC", "BCSS"):
        importNetworkFromONNX(file, OutputDataFormats=good)
    for bad in ("CB", "BSSC", "any"):
        with pytest.raises(ValueError, match=r"^OutputDataFormats must be as the file has it \(BC…\), but is"):
            importNetworkFromONNX(file, OutputDataFormats=bad)


def test_formats_of_several_outputs(tmp_path):
    nodes = [
        helper.make_node("Relu", ["input"], ["image"]),
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
    ]
    inputs, outputs = {"input": ["N", 1, 8, 9]}, {"image": ["N", 1, 8, 9], "flat": ["N", 72]}
    file = networks.save(tmp_path / "net.onnx", nodes, {}, inputs, outputs)
    importNetworkFromONNX(file, OutputDataFormats=["BCSS", "BC"])
    for bad in ("BCSS", ["BC", "BCSS"], ["BCSS", "BC", "BC"]):
        with pytest.raises(ValueError, match=r"^OutputDataFormats must be as the file has it \(BCSS and BC\), but is"):
            importNetworkFromONNX(file, OutputDataFormats=bad)


# importONNXNetwork ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "classes"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"Classes": "auto"}, ["1", "2", "3", "4"]),
        ({"Classes": NAMES}, NAMES),
        ({"ClassNames": NAMES, "OutputLayerType": "classification"}, NAMES),
        ({"classnames": np.array(NAMES), "outputlayertype": "CLASS", "TargetNetwork": "dag"}, NAMES),
        ({"Classes": Categorical()}, NAMES),
        ({"Classes": tuple(NAMES), "InputDataFormats": "BCSS"}, NAMES),
    ],
)
def test_class_names(file, options, classes):
    net = importONNXNetwork(file, **options)
    assert type(net) is DAGNetwork
    assert net.Layers[-1].Classes.tolist() == classes


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"Classes": NAMES, "ClassNames": NAMES}, ValueError, "^Classes and ClassNames must not both be given"),
        ({"Class": NAMES}, ValueError, "^The option name 'Class' is ambiguous: it may be Classes, ClassNames"),
        ({"Classes": NAMES[:2]}, ValueError, "^Classes must hold a name for each of the 4 channels, but holds 2"),
        ({"classNames": NAMES[:2]}, ValueError, "^classNames must hold a name for each of the 4 channels, but holds 2"),
        ({"ClassNames": 4}, TypeError, "^ClassNames must be a vector of text, but is 4"),
        (
            {"OutputLayerType": "regression"},
            ValueError,
            "^OutputLayerType must be .*'regression'.*importNetworkFrom",
        ),
        ({"OutputLayerType": "pixel"}, ValueError, "^OutputLayerType must be .*'pixelclassification'"),
        ({"OutputLayerType": "softmax"}, ValueError, "^OutputLayerType must be one of classification, regression, pix"),
        ({"TargetNetwork": "layergraph"}, ValueError, "^TargetNetwork must be one of dagnetwork, dlnetwork, but is"),
        (
            {"target": "dlnetwork", "Classes": NAMES},
            ValueError,
            r"^Classes must not be given for a dlnetwork, which has no class names \(target is 'dlnetwork'\)",
        ),
        (
            {"ImageInputSize": [10, 12, 3]},
            ValueError,
            "^ImageInputSize must be 12×10×3, the input size of the file",
        ),
        ({"ImageInputSize": [12, 10]}, ValueError, "^ImageInputSize must be 12×10×3"),
        ({"ImageInputSize": 12}, ValueError, r"^ImageInputSize must be \[height width\] or \[height width channels\]"),
        ({"ImageInputSize": "auto"}, TypeError, "^ImageInputSize must be"),
    ],
)
def test_what_a_classifier_cannot_be(file, options, error, message):
    with pytest.raises(error, match=message):
        importONNXNetwork(file, **options)


@pytest.mark.parametrize("more", [{}, {"Classes": "auto"}, {"OutputLayerType": "regression"}])
def test_a_dlnetwork_where_one_is_wanted(file, more):
    net = importONNXNetwork(file, TargetNetwork="dlnetwork", **more)
    assert type(net) is dlnetwork
    assert net.OutputNames == ["prob"]


def test_the_size_of_the_images_where_the_file_leaves_it_open(tmp_path, file):
    assert importONNXNetwork(file, ImageInputSize=[12, 10, 3]).Layers[0].InputSize == (12, 10, 3)
    opened = networks.spatial(tmp_path / "open.onnx", np.random.default_rng(0))
    net = importONNXNetwork(opened, ImageInputSize=[12, 14, 2])
    assert net.Layers[0].InputSize == (12, 14, 2)
    with pytest.raises(ValueError, match="^X must be 12×14×2"):
        net.predict(np.ones((8, 8, 2)))
    layer = imageInputLayer([12, 14, 2], Normalization="none")
    with pytest.raises(ValueError, match="^ImageInputSize must be 12×14×2"):
        importONNXNetwork(opened, ImageInputSize=[8, 8, 2], InputLayer=layer)
