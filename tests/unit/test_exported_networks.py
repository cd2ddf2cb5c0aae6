"""Files as exporters write them: MATLAB 2024, other kinds of outputs and images, data beside the file."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
import reference
from network_checks import check_map, goes_together, one_at_a_time
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity

RNG = np.random.default_rng(3)


def matlab_2024_file(file, *, size=(9, 13), n_channels=4):
    """Opset 14, IR 9, a named batch, a mean subtracted, "same" padding computed in the graph, Conv and Flatten last."""
    node = helper.make_node
    constants = {
        "imageinput_Mean": (RNG.random((1, 3, 1, 1)) * 100).astype(np.float32),
        "conv_W": RNG.normal(size=(6, 3, 3, 3)).astype(np.float32) / 20,
        "conv_B": RNG.normal(size=6).astype(np.float32),
        "fc_W": RNG.normal(size=(n_channels, 6, -(-size[0] // 2), -(-size[1] // 2))).astype(np.float32) / 20,
        "fc_B": RNG.normal(size=n_channels).astype(np.float32),
        **{
            name: np.int64(value)
            for name, value in {"starts": [2], "ends": [4], "axes": [0], "no_pads": [0, 0]}.items()
        },
        **{
            name: np.float32(value)
            for name, value in {"stride": [2, 2], "one": [1, 1], "kernel": [3, 3], "two": [2, 2]}.items()
        },
        "none": np.float32([0, 0]),
    }
    nodes = [
        node("Sub", ["imageinput", "imageinput_Mean"], ["imageinput_Sub"], name="imageinput_Sub"),
        # total = max((ceil(n/s) - 1)*s + k - n, 0); before = floor(total/2)
        node("Shape", ["imageinput_Sub"], ["shape"]),
        node("Slice", ["shape", "starts", "ends", "axes"], ["spatial"]),
        node("Cast", ["spatial"], ["n"], to=TensorProto.FLOAT),
        node("Div", ["n", "stride"], ["quotient"]),
        node("Ceil", ["quotient"], ["out"]),
        node("Sub", ["out", "one"], ["steps"]),
        node("Mul", ["steps", "stride"], ["covered"]),
        node("Add", ["covered", "kernel"], ["needed"]),
        node("Sub", ["needed", "n"], ["missing"]),
        node("Max", ["missing", "none"], ["total"]),
        node("Div", ["total", "two"], ["half"]),
        node("Floor", ["half"], ["before"]),
        node("Sub", ["total", "before"], ["after"]),
        node("Cast", ["before"], ["before_int"], to=TensorProto.INT64),
        node("Cast", ["after"], ["after_int"], to=TensorProto.INT64),
        node("Concat", ["no_pads", "before_int", "no_pads", "after_int"], ["pads"], axis=0),
        node("Pad", ["imageinput_Sub", "pads"], ["conv_Pad"]),
        node("Conv", ["conv_Pad", "conv_W", "conv_B"], ["conv"], name="conv", strides=[2, 2]),
        node("Relu", ["conv"], ["relu"], name="relu"),
        node("Conv", ["relu", "fc_W", "fc_B"], ["fc"], name="fc"),
        node("Flatten", ["fc"], ["fc_Flatten"], name="fc_Flatten"),
        node("Softmax", ["fc_Flatten"], ["softmax"], name="softmax"),
    ]
    inputs, outputs = {"imageinput": ["BatchSize", 3, *size]}, {"softmax": ["BatchSize", n_channels]}
    return networks.save(file, nodes, constants, inputs, outputs, opset=14, ir_version=9)


def test_a_file_of_matlab_2024(tmp_path):
    net = check_map(matlab_2024_file(tmp_path / "net.onnx"), (9, 13, 3), n_channels=4)
    assert goes_together(net)
    assert net.InputNames == ["imageinput"]
    assert net.OutputNames == ["softmax"]
    assert net.Layers[0].InputSize == (9, 13, 3)
    net.OutputNames = "relu"
    assert net.predict(np.ones((9, 13, 3))).shape == (5, 7, 6)


@pytest.mark.parametrize("ending", ["Identity", "Sigmoid", "Tanh"])
def test_logits_and_other_endings(tmp_path, ending):
    weight = {"weight": RNG.normal(size=(60, 2)).astype(np.float32) / 8}
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["logits"]),
        helper.make_node(ending, ["logits"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, weight, {"input": ["N", 2, 6, 5]}, {"score": ["N", 2]})
    check_map(file, (6, 5, 2))


@pytest.mark.parametrize("depth", [1, 3, 4, 7])
def test_images_of_any_number_of_channels(tmp_path, depth):
    file = networks.convolutional(tmp_path / "net.onnx", RNG, depth=depth)
    check_map(file, (12, 10, depth) if depth > 1 else (12, 10))


def test_a_fixed_batch_with_a_shuffle_of_channels(tmp_path):
    """As PyTorch writes ShuffleNet for a single image."""
    node = helper.make_node
    constants = {
        "kernel": RNG.normal(size=(6, 3, 1, 1)).astype(np.float32),
        "apart": np.int64([1, 2, 3, 12, 10]),
        "joined": np.int64([1, 6, 12, 10]),
        "weight": RNG.normal(size=(720, 2)).astype(np.float32) / 8,
        "flat_shape": np.int64([1, -1]),
    }
    nodes = [
        node("Conv", ["input", "kernel"], ["conv"]),
        node("Reshape", ["conv", "apart"], ["groups"]),
        node("Transpose", ["groups"], ["swapped"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["swapped", "joined"], ["shuffled"]),
        node("Relu", ["shuffled"], ["relu"]),
        node("Reshape", ["relu", "flat_shape"], ["flat"]),
        node("MatMul", ["flat", "weight"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [1, 3, 12, 10]}, {"score": [1, 2]})
    assert goes_together(check_map(file, (12, 10, 3)))


@pytest.mark.parametrize("batch", ["N", 1])
def test_data_beside_the_file(tmp_path, batch):
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG, batch=batch, reshape=[1, -1] if batch == 1 else None)
    file = tmp_path / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    assert (tmp_path / "weights.bin").exists()
    X = np.random.default_rng(1).random((12, 10, 3), dtype=np.float32)
    expected = reference.score_map(one_at_a_time(plain), X, [1, 2])
    net = importNetworkFromONNX(file)
    np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 2]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    net.OutputNames = "relu"
    assert net.predict(X).shape == (12, 10, 6)


def set_locations(file, location):
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    file.write_bytes(model.SerializeToString())


OUTSIDE = {
    "above": "../weights.bin",
    "above, and in again": "../model/../weights.bin",
    "absolute": "{outside}",
    "a link": "link.bin",
    "through a linked folder": "folder/weights.bin",
    "missing": "missing.bin",
    "a folder": ".",
    "nothing": "",
    "no name": "a\0b",
    "too long": "x" * 5000,
    "an address of memory": "*/_ORT_MEM_ADDR_/*",
}


@pytest.mark.parametrize("kind", OUTSIDE)
@pytest.mark.parametrize("optimize", [True, False])
def test_data_outside_the_folder_is_refused(tmp_path, kind, optimize):
    (tmp_path / "model").mkdir()
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG)
    file = tmp_path / "model" / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    outside = (tmp_path / "model" / "weights.bin").rename(tmp_path / "weights.bin")
    (tmp_path / "model" / "link.bin").symlink_to(outside)
    (tmp_path / "model" / "folder").symlink_to(tmp_path, target_is_directory=True)
    set_locations(file, OUTSIDE[kind].format(outside=outside))
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
        importNetworkFromONNX(file, Optimize=optimize)


def test_a_constant_of_a_subgraph_outside_the_folder_is_refused(tmp_path):
    """The data of nodes' own values and of subgraphs are as much a file's as its weights."""
    (tmp_path / "model").mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(range(48)))
    value = TensorProto(name="value", data_type=networks.FLOAT, dims=[12], data_location=TensorProto.EXTERNAL)
    value.external_data.add(key="location", value="../secret.bin")
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["read"], value=value)],
        "branch",
        [],
        [helper.make_tensor_value_info("read", networks.FLOAT, [12])],
    )
    nodes = [
        helper.make_node("If", ["true"], ["chosen"], then_branch=branch, else_branch=branch),
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("Add", ["flat", "chosen"], ["score"]),
    ]
    constants = {"true": np.bool_(True)}
    file = networks.save(
        tmp_path / "model" / "net.onnx", nodes, constants, {"input": ["N", 1, 3, 4]}, {"score": ["N", 12]}
    )
    with pytest.raises(ValueError, match=r"its data must be in files of its own folder, but some are in '\.\./secret"):
        importNetworkFromONNX(file)


def test_data_in_a_folder_below_and_behind_a_link_that_stays_inside(tmp_path):
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG)
    file = tmp_path / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    (tmp_path / "below").mkdir()
    (tmp_path / "weights.bin").rename(tmp_path / "below" / "weights.bin")
    X = np.random.default_rng(1).random((12, 10, 3), dtype=np.float32)
    set_locations(file, "below/weights.bin")
    np.testing.assert_allclose(
        importNetworkFromONNX(file).predict(X), importNetworkFromONNX(plain).predict(X), rtol=1e-6
    )


def test_the_cache_of_a_hub_where_all_files_are_links(tmp_path):
    """The network and its data lead into one folder, under other names."""
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG)
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "1"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    onnx.save(onnx.load(plain), blobs / "a1", save_as_external_data=True, location="weights.bin", size_threshold=64)
    (blobs / "weights.bin").rename(blobs / "b2")
    (snapshot / "net.onnx").symlink_to(blobs / "a1")
    (snapshot / "weights.bin").symlink_to(blobs / "b2")
    X = np.random.default_rng(1).random((12, 10, 3), dtype=np.float32)
    net = importNetworkFromONNX(snapshot / "net.onnx")
    np.testing.assert_allclose(net.predict(X), importNetworkFromONNX(plain).predict(X), rtol=1e-6)


def test_the_refusal_is_said_once(tmp_path):
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG)
    file = tmp_path / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    set_locations(file, "../weights.bin")
    with pytest.raises(ValueError, match="cannot be opened") as raised:
        importNetworkFromONNX(file)
    assert str(raised.value).count("cannot be opened as an ONNX network") == 1


def test_an_address_of_memory_that_a_file_bears_the_name_of(tmp_path):
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG)
    file = tmp_path / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    (tmp_path / "*" / "_ORT_MEM_ADDR_").mkdir(parents=True)
    (tmp_path / "weights.bin").rename(tmp_path / "*" / "_ORT_MEM_ADDR_" / "*")
    set_locations(file, "*/_ORT_MEM_ADDR_/*")
    with pytest.raises(ValueError, match="its data must be in files of its own folder"):
        importNetworkFromONNX(file)


def test_a_name_that_is_left_over_beside_data_inside(tmp_path):
    """What a reader looks at is whether the data lie outside."""
    file = networks.convolutional(tmp_path / "net.onnx", RNG)
    X = np.random.default_rng(1).random((12, 10, 3), dtype=np.float32)
    expected = importNetworkFromONNX(file).predict(X)
    model = onnx.load(file)
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    onnx.save(model, tmp_path / "other.onnx")
    np.testing.assert_array_equal(importNetworkFromONNX(tmp_path / "other.onnx").predict(X), expected)


def test_unknown_operators_are_named(tmp_path):
    nodes = [
        helper.make_node("Frobnicate", ["input"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Warp", ["b"], ["score"], domain="org.example"),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 3, 4]}, {"score": ["N", 2]})
    names = "Operators that ONNX does not have: Frobnicate, org.example.Warp."
    with pytest.raises(ValueError, match=rf"net\.onnx cannot be opened as an ONNX network: (?s:.)*{names}"):
        importNetworkFromONNX(file)


def test_an_opset_newer_than_onnx_runtime(tmp_path):
    file = networks.convolutional(tmp_path / "net.onnx", RNG)
    model = onnx.load(file)
    model.opset_import[0].version = 999
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: .*999"):
        importNetworkFromONNX(file)


@pytest.mark.parametrize("layer", ["conv", "relu", "back", "shifted"])
def test_inner_layers_of_a_network_with_channels_last(tmp_path, layer):
    """As tf2onnx writes it: N×H×W×C outside, N×C×H×W around the convolution."""
    node = helper.make_node
    constants = {
        "kernel": RNG.normal(size=(5, 3, 3, 3)).astype(np.float32),
        "shift": np.float32(1),
        "weight": RNG.normal(size=(350, 2)).astype(np.float32) / 8,
    }
    nodes = [
        node("Transpose", ["input"], ["there"], perm=[0, 3, 1, 2]),
        node("Conv", ["there", "kernel"], ["conv"]),
        node("Relu", ["conv"], ["relu"]),
        node("Transpose", ["relu"], ["back"], perm=[0, 2, 3, 1]),
        node("Add", ["back", "shift"], ["shifted"]),
        node("Flatten", ["shifted"], ["flat"]),
        node("MatMul", ["flat", "weight"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": ["N", 9, 12, 3]}, {"score": ["N", 2]})
    net = importNetworkFromONNX(file)
    X = np.random.default_rng(1).random((9, 12, 3), dtype=np.float32)

    def score(image):
        windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), (3, 3), axis=(0, 1))
        conv = np.einsum("hwcij,kcij->khw", windows, constants["kernel"])
        return {"conv": conv, "relu": conv.clip(0), "back": conv.clip(0), "shifted": conv.clip(0) + 1}[layer][
            np.newaxis
        ]

    net.OutputNames = layer
    assert net.predict(X).shape == (7, 10, 5)
    expected = reference.score_map(score, X, [1, 5])
    np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 5]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    with pytest.raises(ValueError, match="^channelIdx must be .*1 to 5 "):
        occlusionSensitivity(net, X, 6)


def test_every_tensor_beside_the_file(tmp_path):
    """Also the shapes, which ONNX Runtime does not take from there."""
    plain = networks.convolutional(tmp_path / "plain.onnx", np.random.default_rng(0), batch=1, reshape=[1, -1])
    file = tmp_path / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=0)
    X = np.random.default_rng(1).random((12, 10, 3), dtype=np.float32)
    net = importNetworkFromONNX(file)
    np.testing.assert_allclose(net.predict(X), importNetworkFromONNX(plain).predict(X), rtol=1e-6)


# Opset 6: the operand of old lies along the axes from `axis` on. Height and channels are equal, so that a wrong
# alignment would not even fail.

C = np.float32([1, 20, 300, 4000])


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        ("initializer", C[:, None, None]),
        ("negative", C[:, None, None]),
        ("constant", C[:, None, None]),
        ("spatial", C[:, None]),
        ("last", C),
        ("same", C),
    ],
)
def test_old_operands(tmp_path, operand, expected):
    axis = {"negative": -3, "spatial": 2, "last": 3}.get(operand, 1)
    how = {} if operand == "same" else {"broadcast": 1, "axis": axis}
    value = np.broadcast_to(C, (1, 4, 4, 4)).copy() if operand == "same" else C
    nodes = [helper.make_node("Add", ["input", "operand"], ["score"], **how)]
    constants = {"operand": value}
    if operand == "constant":
        tensor = onnx.numpy_helper.from_array(constants.pop("operand"))
        nodes.insert(0, helper.make_node("Constant", [], ["operand"], value=tensor))
    inputs, outputs = {"input": [1, 4, 4, 4]}, {"score": [1, 4, 4, 4]}
    file = networks.save(
        tmp_path / "net.onnx", nodes, constants, inputs, outputs, opset=6, ir_version=3, constants_as_inputs=True
    )
    X = np.random.default_rng(1).random((4, 4, 4), dtype=np.float32)
    found = importNetworkFromONNX(file, InputDataFormats="BCSS").predict(X)
    np.testing.assert_allclose(found.transpose(2, 0, 1), X.transpose(2, 0, 1) + expected, rtol=1e-6)


def test_old_slopes_normalisations_and_sums_behind_a_matrix(tmp_path):
    node = helper.make_node
    names = ("scale", "offset", "mean", "variance")
    constants = {name: RNG.random(4).astype(np.float32) + 0.5 for name in names}
    constants |= {"slope": np.float32([0.1, 0.2, 0.3, 0.4]), "weight": RNG.normal(size=(64, 4)).astype(np.float32)}
    constants |= {"zero": np.zeros(4, np.float32), "shift": C}
    nodes = [
        node("PRelu", ["input", "slope"], ["prelu"]),
        node("BatchNormalization", ["prelu", *names], ["norm", "m", "v", "sm", "sv"], is_test=1, epsilon=1e-5),
        node("Gemm", ["norm", "weight", "zero"], ["gemm"], broadcast=1),
        node("Add", ["gemm", "shift"], ["score"], broadcast=1, axis=1),
    ]
    inputs, outputs = {"input": [1, 4, 4, 4]}, {"score": [1, 4]}
    file = networks.save(
        tmp_path / "net.onnx", nodes, constants, inputs, outputs, opset=6, ir_version=3, constants_as_inputs=True
    )
    X = np.random.default_rng(1).normal(size=(4, 4, 4)).astype(np.float32)
    w = constants
    x = X.transpose(2, 0, 1).astype(float)
    x = np.where(x < 0, x * w["slope"][:, None, None], x)
    scale = w["scale"] / np.sqrt(w["variance"] + 1e-5)
    x = (x - w["mean"][:, None, None]) * scale[:, None, None] + w["offset"][:, None, None]
    net = importNetworkFromONNX(file, InputDataFormats="BCSS")
    np.testing.assert_allclose(net.predict(X)[0], x.ravel() @ w["weight"] + C, rtol=1e-4)


def test_opset_5_is_too_old(tmp_path):
    names = ["scale", "offset", "mean", "variance"]
    nodes = [helper.make_node("BatchNormalization", ["input", *names], ["score"], is_test=1, consumed_inputs=[0] * 5)]
    constants = {name: np.ones(2, np.float32) for name in names}
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [1, 2, 3, 4]}, {"score": None}, opset=5)
    with pytest.raises(
        ValueError, match=r"net\.onnx cannot be opened as an ONNX network: its opset is 5, and the oldest"
    ):
        importNetworkFromONNX(file)
