"""Which nodes of a file are layers, and the names that find them: the file's own, and those from before the export."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
from occlusion_sensitivity import imagePretrainedNetwork, importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.matlab import DAGNetwork
from occlusion_sensitivity.network.graph import NetworkFile

SIZE = (6, 8)


def node(operator, inputs, name, **attributes):
    return helper.make_node(operator, inputs, [name], name=name, **attributes)


def exported(file):
    """As MATLAB's exporter writes it: several nodes for a layer, padding that is computed, weights that are cast."""
    rng = np.random.default_rng(2)
    constants = {
        "imageinput_Mean": rng.random((1, 1, 1, 1)).astype(np.float32),
        "conv_W": rng.normal(size=(2, 1, 3, 3)).astype(np.float16),
        "one": np.array([1], dtype=np.int64),
        "zeros": np.zeros(2, dtype=np.int64),
        "ends": np.zeros(2, dtype=np.int64),
        "fc_W": rng.normal(size=(96, 3)).astype(np.float32) / 8,
        "fc_B": rng.normal(size=3).astype(np.float16),
    }
    nodes = [
        node("Sub", ["imageinput", "imageinput_Mean"], "imageinput_Sub"),
        node("Cast", ["conv_W"], "conv.weight", to=TensorProto.FLOAT),
        node("Shape", ["imageinput_Sub"], "conv_2_inputShape"),
        node("Size", ["imageinput_Sub"], "conv_2_inputSize"),
        node("Div", ["conv_2_inputShape", "conv_2_inputShape"], "conv_2_totalPaddingNeeded1_Floor"),
        node("Concat", ["zeros", "conv_2_totalPaddingNeeded1_Floor"], "padding", axis=0),
        helper.make_node("Slice", ["padding", "from", "to"], ["two_ones"], name="conv_2_slice"),
        node("Concat", ["zeros", "two_ones", "zeros", "two_ones"], "pads", axis=0),
        node("Pad", ["imageinput_Sub", "pads"], "conv_2_Pad"),
        node("Conv", ["conv_2_Pad", "conv.weight"], "conv_2"),
        node("Relu", ["conv_2"], "relu_1"),
        node("Transpose", ["relu_1"], "flatten_Transpose", perm=[0, 2, 3, 1]),
        node("Flatten", ["flatten_Transpose"], "flatten_Flatten", axis=1),
        node("MatMul", ["flatten_Flatten", "fc_W"], "fc_MatMul"),
        node("Cast", ["fc_B"], "fc.bias", to=TensorProto.FLOAT),
        node("Add", ["fc_MatMul", "fc.bias"], "fc_Add"),
        node("Softmax", ["fc_Add"], "softmax", axis=1),
    ]
    constants |= {"from": np.array([4], dtype=np.int64), "to": np.array([6], dtype=np.int64)}
    return networks.save(file, nodes, constants, {"imageinput": ["N", 1, *SIZE]}, {"softmax": ["N", 3]})


LAYERS = ["imageinput_Sub", "conv_2_Pad", "conv_2", "relu_1", "flatten_Transpose", "flatten_Flatten"] + [
    *("fc_MatMul", "fc_Add", "softmax"),
]


def test_layers_work_on_the_image(tmp_path):
    net = importNetworkFromONNX(exported(tmp_path / "net.onnx"))
    assert net.predict(np.ones(SIZE)).shape == (1, 3)
    assert [layer.Name for layer in net.Layers] == ["imageinput", *LAYERS]


def test_the_embedded_network_shows_no_weights():
    net, _ = imagePretrainedNetwork()
    nodes = onnx.load(net.network.file.path).graph.node
    assert [layer.Name for layer in net.Layers[1:]] == [n.name or n.output[0] for n in nodes if n.op_type != "Cast"]
    assert [layer.Name for layer in net.Layers[-3:]] == ["flat", "logits", "prob"]


@pytest.mark.parametrize(
    "name", ["fc.bias", "conv.weight", "conv_2_totalPaddingNeeded1_Floor", "conv_2_inputSize", "conv_2_slice", "fc_W"]
)
def test_what_is_no_layer_is_none_anywhere(tmp_path, name):
    net = importNetworkFromONNX(exported(tmp_path / "net.onnx"))
    message = f"^OutputNames must be layers of the network, but '{name}' is none: it does not depend on the pixels of"
    with pytest.raises(ValueError, match=message) as error:
        net.OutputNames = name
    closest = str(error.value).partition("Closest: ")[2].rstrip(".").split(", ")
    assert set(closest) <= set(LAYERS)
    with pytest.raises(ValueError, match=message):
        occlusionSensitivity(DAGNetwork(net, Classes=["a", "b", "c"]), np.ones(SIZE), name, 1)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [("fc", "fc_Add"), ("flatten", "flatten_Flatten"), ("conv_2", "conv_2"), ("fc_MatMul", "fc_MatMul")]
    + [("imageinput", "imageinput_Sub"), ("relu-1", "relu_1"), ("conv 2", "conv_2")],
)
def test_the_name_in_matlab_finds_the_end_of_the_layer(tmp_path, name, tensor):
    net = importNetworkFromONNX(exported(tmp_path / "net.onnx"))
    net.OutputNames = name
    assert net.OutputNames == [tensor]
    net.predict(np.ones(SIZE))


def graph_of(*nodes):
    source = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 1, *SIZE])
    return helper.make_model(helper.make_graph(list(nodes), "test", [source], []))


def tensor_of(tmp_path, name, *nodes):
    onnx.save(graph_of(*nodes), tmp_path / "names.onnx")
    return NetworkFile(tmp_path / "names.onnx").tensor_named(name)


def test_operators_may_be_numbered(tmp_path):
    three = [
        node("Transpose", ["input"], "softmax_Transpose1"),
        node("Softmax", ["softmax_Transpose1"], "softmax_Softmax"),
        node("Transpose", ["softmax_Softmax"], "softmax_Transpose2"),
    ]
    assert tensor_of(tmp_path, "softmax", *three) == "softmax_Transpose2"


def test_an_exact_name_wins(tmp_path):
    nodes = [node("Relu", ["input"], "fc"), node("Add", ["fc", "fc"], "fc_Add")]
    assert tensor_of(tmp_path, "fc", *nodes) == "fc"


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Relu", ["input"], "fc_Gemm")],  # not the node's own operator
        [node("Relu", ["input"], "fc_Relu_x")],
        [node("Relu", ["input"], "xfc_Relu")],
        [node("Relu", ["input"], "fc_Relu"), node("Tanh", ["input"], "fc_Tanh")],  # two ends: no single layer
    ],
)
def test_what_is_not_the_end_of_a_layer_is_not_found(tmp_path, nodes):
    with pytest.raises(ValueError, match="^OutputNames must be layers .* but 'fc' is none. Closest: x?fc_"):
        tensor_of(tmp_path, "fc", *nodes)


def test_the_input_is_its_normalisation_and_nothing_else(tmp_path):
    with pytest.raises(ValueError, match="^OutputNames must be layers behind the input, but 'input' is the input"):
        tensor_of(tmp_path, "input", node("Relu", ["input"], "input_Relu"))


def branches(inner):
    """An If whose branches give what `inner` makes of tensors outside."""
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, None)
    branch = helper.make_graph([helper.make_node(*inner)], "branch", [], [result])
    return helper.make_node("If", ["yes"], ["chosen"], name="chosen", then_branch=branch, else_branch=branch)


def test_subgraphs_take_the_image_too(tmp_path):
    for inner, expected in ((("Relu", ["input"], ["result"]), ["chosen"]), (("Shape", ["input"], ["result"]), [])):
        onnx.save(graph_of(branches(inner)), tmp_path / "names.onnx")
        assert [layer.Name for layer in NetworkFile(tmp_path / "names.onnx").layers()] == expected


def test_a_layer_of_integers_is_refused_at_once(tmp_path):
    nodes = [
        helper.make_node("MaxPool", ["input"], ["pool", "indices"], name="pool", kernel_shape=[2, 2]),
        node("GlobalMaxPool", ["pool"], "score"),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, *SIZE]}, {"score": ["N", 1, 1, 1]})
    net = importNetworkFromONNX(file)
    with pytest.raises(ValueError, match=r"^OutputNames must be layers that give floats, but 'indices' gives"):
        net.OutputNames = "indices"
    assert net.OutputNames == ["score"]


def test_matlabs_parentheses_say_what_takes_their_place(tmp_path):
    net = importNetworkFromONNX(exported(tmp_path / "net.onnx"))
    for k in (1, 3, np.int64(7)):
        with pytest.raises(TypeError, match=rf"^net\.Layers\({k}\) is net\.Layers\[{k - 1}\] here.*\(end\)"):
            net.Layers(k)
    for other in (0, "end", [1, 2], True, None):
        with pytest.raises(TypeError, match=r"^net\.Layers\(k\) is net\.Layers\[k - 1\] here"):
            net.Layers(other)


def test_the_last_layer_of_a_dagnetwork_scores_its_classes(tmp_path):
    net = DAGNetwork(importNetworkFromONNX(exported(tmp_path / "net.onnx")), Classes=["a", "b", "c"])
    X = np.random.default_rng(0).random(SIZE)
    by_layer = occlusionSensitivity(net, X, net.Layers[-1].Name, 2)
    np.testing.assert_array_equal(by_layer, occlusionSensitivity(net, X, "b"))


# Names that are no text -----------------------------------------------------------------------------------------------


def with_bytes(file):
    """Two names are no UTF-8: of a node, and of a tensor that is used twice, once inside of a subgraph."""
    weight = np.arange(12, dtype=np.float32).reshape(6, 2)
    nodes = [
        node("Relu", ["input"], "relu#"),
        node("GlobalMaxPool", ["relu#"], "pool"),
        node("Flatten", ["pool"], "flat"),
        node("Add", ["flat", "flat"], "score"),
    ]
    networks.save(file, nodes, {"unused": weight}, {"input": ["N", 2, *SIZE]}, {"score": ["N", 2]})
    file.write_bytes(file.read_bytes().replace(b"relu#", b"relu\xff"))
    return file


def test_a_name_that_is_no_text_is_printed_and_found(tmp_path):
    net = importNetworkFromONNX(with_bytes(tmp_path / "net.onnx"))
    assert [layer.Name for layer in net.Layers] == ["input", r"relu\xff", "pool", "flat", "score"]
    assert r"relu\xff" in repr(net.Layers)
    X = np.random.default_rng(0).normal(size=(*SIZE, 2)).astype(np.float32)
    net.OutputNames = r"relu\xff"
    assert net.OutputNames == [r"relu\xff"]
    np.testing.assert_array_equal(net.predict(X), np.maximum(X, 0))
    with pytest.raises(ValueError, match=r"Closest: relu\\xff"):
        net.OutputNames = "relu"


def test_an_open_batch_has_readable_names_too(tmp_path):
    file = with_bytes(tmp_path / "net.onnx")
    model = onnx.load_from_string(NetworkFile(file).with_open_batch())
    assert all(isinstance(name, str) for node in model.graph.node for name in (node.name, *node.input, *node.output))


def test_an_output_that_is_no_text_is_refused(tmp_path):
    file = with_bytes(tmp_path / "net.onnx")
    file.write_bytes(file.read_bytes().replace(b"score", b"scor\xff"))
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
        importNetworkFromONNX(file)
