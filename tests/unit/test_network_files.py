"""Files that are gone, damaged, or say what is not so; networks that are not of one image."""

import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
import reference
from network_checks import goes_together
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity

RNG = np.random.default_rng(3)


def test_missing_file():
    with pytest.raises(FileNotFoundError, match="^modelfile: there is no file 'nowhere.onnx'"):
        importNetworkFromONNX("nowhere.onnx")


@pytest.mark.parametrize("value", [None, 3, ["net.onnx"], b"net.onnx"])
def test_a_path_that_is_no_path(value):
    with pytest.raises(TypeError, match="^modelfile must be the path of a file, but is"):
        importNetworkFromONNX(value)


def test_a_folder(tmp_path):
    with pytest.raises(ValueError, match="^modelfile must be the path of a file, but is"):
        importNetworkFromONNX(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a network", bytes(range(256)) * 20, b"\x08\x07"])
def test_not_an_onnx_file(tmp_path, content):
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
        importNetworkFromONNX(file)


def test_truncated_file(tmp_path):
    file = networks.convolutional(tmp_path / "net.onnx", RNG)
    content = file.read_bytes()
    for length in range(0, len(content), 97):
        file.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
            importNetworkFromONNX(file)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"a": ["N", 1, 3, 4], "b": ["N", 1, 3, 4]}, "must have exactly one input, but has 2: a, b"),
        ({"a": ["N", 12], "b": ["N", 12]}, "must have exactly one input"),
        ({"a": ["N", 12]}, r"must be an image, .* but a is tensor\(float\), N×12"),
        ({"a": ["N", 3, 4]}, r"must be an image, .* N×3×4"),
        ({"a": None}, r"must be an image, .* of no or unknown shape"),
        ({"a": ["N", 1, 2, 3, 4]}, "must be an image"),
    ],
)
def test_networks_without_one_image_input(tmp_path, inputs, message):
    nodes = [helper.make_node("Sum", list(inputs), ["score"])]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, inputs, {"score": None})
    with pytest.raises(ValueError, match=message):
        importNetworkFromONNX(file)


def test_text_input(tmp_path):
    nodes = [helper.make_node("Identity", ["a"], ["score"])]
    file = networks.save(
        tmp_path / "net.onnx", nodes, {}, {"a": ["N", 1, 3, 4]}, {"score": None}, element=TensorProto.STRING
    )
    with pytest.raises(ValueError, match=r"must be an image, .* but a is tensor\(string\)"):
        importNetworkFromONNX(file)


def test_integer_output(tmp_path):
    nodes = [helper.make_node("ArgMax", ["input"], ["class"], axis=1)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 2, 3, 4]}, {})
    model = onnx.load(file)
    model.graph.output.append(helper.make_tensor_value_info("class", TensorProto.INT64, None))
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"must be a tensor of floats, but class is tensor\(int64\)"):
        importNetworkFromONNX(file).predict(np.ones((3, 4, 2)))


def test_output_without_a_batch(tmp_path):
    nodes = [helper.make_node("ReduceMean", ["input"], ["score"], axes=[0, 2, 3], keepdims=0)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 2, 3, 4]}, {"score": [2]})
    with pytest.raises(ValueError, match="must give as many observations at its output 'score'"):
        importNetworkFromONNX(file).predict(np.ones((3, 4, 2)))


def test_a_network_that_fails_while_running(tmp_path):
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("ReduceSum", ["flat"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["flat", "index"], ["score"], axis=1),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 3, 4]}, {"score": ["N"]})
    with pytest.raises(RuntimeError, match=r"net\.onnx fails on 1 image\(s\) at once: "):
        importNetworkFromONNX(file).predict(np.full((3, 4), 100.0))


# Files that are gone, damaged, or say what is not so ------------------------------------------------------------------


def test_a_file_that_is_gone_after_the_import(tmp_path, monkeypatch):
    X = np.random.default_rng(1).random((12, 10, 3))
    monkeypatch.chdir(tmp_path)
    expected = occlusionSensitivity(importNetworkFromONNX(fixed_batch(tmp_path / "there.onnx")), X, 1)
    relative = importNetworkFromONNX("there.onnx")
    net = importNetworkFromONNX(fixed_batch(tmp_path / "gone.onnx"))
    (tmp_path / "gone.onnx").unlink()
    monkeypatch.chdir("/")
    np.testing.assert_allclose(occlusionSensitivity(net, X, 1), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    assert not goes_together(net)
    for needs_the_file in (lambda: net.Layers[-1], lambda: setattr(net, "OutputNames", "relu")):
        with pytest.raises(RuntimeError, match=r"gone\.onnx is needed again, but has changed or is gone"):
            needs_the_file()
    occlusionSensitivity(relative, X, 1)
    assert goes_together(relative)


def test_the_input_is_no_output(tmp_path):
    net = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", np.ones((3, 4, 4, 1))))
    with pytest.raises(ValueError, match="^OutputNames must be layers behind the input, but 'input' is the input"):
        net.OutputNames = "input"


def fixed_batch(file):
    return networks.convolutional(file, np.random.default_rng(0), batch=1, reshape=[1, -1])


def test_without_onnx_a_fixed_batch_goes_one_by_one(tmp_path, monkeypatch):
    net = importNetworkFromONNX(fixed_batch(tmp_path / "net.onnx"))
    monkeypatch.setitem(sys.modules, "onnx", None)
    occlusionSensitivity(net, np.random.default_rng(1).random((12, 10, 3)), 1)
    assert not goes_together(net)
    with pytest.raises(ImportError, match=r'needs onnx .*pip install "[^"]*\[cpu\][^"]*"'):
        net.OutputNames = "relu"


def test_channels_last_with_a_spatial_output(tmp_path):
    nodes = [helper.make_node("MatMul", ["input", "weight"], ["score"])]
    weight = {"weight": RNG.normal(size=(3, 5)).astype(np.float32)}
    file = networks.save(tmp_path / "net.onnx", nodes, weight, {"input": ["N", 12, 9, 3]}, {"score": ["N", 12, 9, 5]})
    net = importNetworkFromONNX(file)
    X = np.random.default_rng(1).random((12, 9, 3), dtype=np.float32)
    np.testing.assert_allclose(net.predict(X), X @ weight["weight"], rtol=1e-5)
    expected = reference.score_map(lambda image: (image @ weight["weight"]).transpose(2, 0, 1)[np.newaxis], X, [5, 2])
    np.testing.assert_allclose(occlusionSensitivity(net, X, [5, 2]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    with pytest.raises(ValueError, match="^channelIdx must be .*1 to 5 "):
        occlusionSensitivity(net, X, 6)


def test_more_channels_declared_than_computed(tmp_path):
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Compress", ["flat", "chosen"], ["score"], axis=1),
    ]
    chosen = {"chosen": np.arange(16) < 3}
    file = networks.save(tmp_path / "net.onnx", nodes, chosen, {"input": ["N", 1, 4, 4]}, {"score": ["N", 5]})
    with pytest.raises(ValueError, match="'score' has 5 channels, but it has 3"):
        occlusionSensitivity(importNetworkFromONNX(file), np.ones((4, 4)), 5)


def test_a_network_without_an_output(tmp_path):
    file = networks.linear(tmp_path / "net.onnx", np.ones((3, 4, 4, 1)))
    model = onnx.load(file)
    del model.graph.output[:]
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"net\.onnx(: the network must have an output| cannot be opened)"):
        importNetworkFromONNX(file)


def test_an_input_of_length_zero(tmp_path):
    nodes = [helper.make_node("Flatten", ["input"], ["score"], axis=1)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 0, 4, 4]}, {"score": ["N", None]})
    with pytest.raises(ValueError, match="must be an image, .* N×0×4×4"):
        importNetworkFromONNX(file)


def test_damaged_files_never_crash_the_interpreter(tmp_path):
    """Random bytes changed, in a process of its own: ValueError or a network, no crash and no other exception."""
    networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))
    code = """
import sys, numpy as np
from pathlib import Path
from occlusion_sensitivity import importNetworkFromONNX
content = Path("net.onnx").read_bytes()
for seed in range(150):
    rng = np.random.default_rng(seed)
    damaged = bytearray(content)
    for position in rng.integers(0, len(content), 4):
        damaged[position] = rng.integers(256)
    Path("damaged.onnx").write_bytes(damaged)
    try:
        importNetworkFromONNX("damaged.onnx")
    except ValueError:
        pass
    except Exception as error:
        print(seed, repr(error))
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "done", (done.returncode, done.stdout, done.stderr)


# Damaged in ways that ONNX Runtime never gets to see ------------------------------------------------------------------

DAMAGED = ["LRN", "Relu", "BatchNormalization", "Gemm", "Add", "PRelu", "Reshape", "Unsqueeze", "Mul", "Dropout"]


@pytest.mark.parametrize("operator", DAMAGED)
@pytest.mark.parametrize("missing", ["inputs", "outputs"])
@pytest.mark.parametrize("opset", [6, 13])
def test_nodes_without_inputs_or_outputs(tmp_path, operator, missing, opset):
    inputs, outputs = ([], ["b"]) if missing == "inputs" else (["a"], [])
    nodes = [
        helper.make_node("Identity", ["input"], ["a"]),
        helper.make_node(operator, inputs, outputs, name="bad"),
        # So that the graph is rewritten for speed at all.
        helper.make_node("LRN", ["a"], ["score"], size=3),
        helper.make_node("BatchNormalization", ["a"] * 5, ["c"]),
        helper.make_node("Mul", ["c", "c"], ["d"]),
    ]
    file = networks.save(
        tmp_path / "net.onnx", nodes, {}, {"input": ["N", 4, 3, 3]}, {"score": ["N", 4, 3, 3]}, opset=opset
    )
    for optimize in (True, False):
        with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
            importNetworkFromONNX(file, Optimize=optimize)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("x" * 300 + ".onnx", "File name too long"), ("d/" * 3000 + "x", "File name too long"), ("a\0b", "null|NUL")],
)
def test_names_that_no_file_can_have(name, reason):
    with pytest.raises(
        FileNotFoundError, match=rf"^modelfile: there is no file .* that can be read: .*({reason})"
    ) as e:
        importNetworkFromONNX(name)
    assert len(str(e.value)) < 300


def test_a_circle_of_links(tmp_path):
    (tmp_path / "a.onnx").symlink_to(tmp_path / "b.onnx")
    (tmp_path / "b.onnx").symlink_to(tmp_path / "a.onnx")
    with pytest.raises(FileNotFoundError, match="^modelfile: there is no file .*a.onnx' that can be read"):
        importNetworkFromONNX(tmp_path / "a.onnx")
