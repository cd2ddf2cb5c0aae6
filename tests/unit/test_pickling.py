"""Networks that are copied and pickled: the file, its SHA-256 and the settings travel, nothing that is open."""

import copy
import gc
import hashlib
import multiprocessing
import os
import pickle
import subprocess
import sys
import weakref

import numpy as np
import onnx
import pytest

import networks
from occlusion_sensitivity import imageInputLayer, imagePretrainedNetwork, importNetworkFromONNX
from occlusion_sensitivity.devices.cpu import CPU
from occlusion_sensitivity.matlab import DAGNetwork, SeriesNetwork, occlusionSensitivity
from occlusion_sensitivity.network import origin

NAMES = ["cat", "dog", "bird", "fish"]
X = np.random.default_rng(1).random((12, 10, 3))


@pytest.fixture
def net(tmp_path):
    layer = imageInputLayer([12, 10, 3], Mean=[0.1, 0.2, 0.3])
    file = networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))
    return importNetworkFromONNX(file, InputLayer=layer, Optimize=False)


def travelled(thing, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(thing, protocol))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_dlnetwork_comes_back_with_its_settings(net, protocol):
    for output in ("prob", "relu", "logits"):
        net.OutputNames = output
        other = travelled(net, protocol)
        assert other.OutputNames == [output]
        assert other.Layers[0].Mean.ravel().tolist() == net.Layers[0].Mean.ravel().tolist()
        assert not other.network.file.optimize
        np.testing.assert_array_equal(other.predict(X), net.predict(X))
    other.OutputNames = "relu"
    assert net.OutputNames == ["logits"]


def test_several_outputs_keep_their_order(net):
    net.OutputNames = ["logits", "conv", "prob"]
    assert travelled(net).OutputNames == ["logits", "conv", "prob"]


@pytest.mark.parametrize("kind", [DAGNetwork, SeriesNetwork])
def test_a_classifier_comes_back_with_its_classes(net, kind):
    classifier = kind(net, Classes=NAMES)
    expected = occlusionSensitivity(classifier, X, "relu", 2)  # which it keeps open
    for other in (travelled(classifier), copy.deepcopy(classifier), copy.copy(classifier)):
        assert type(other) is kind
        assert other.Layers[-1].Classes.tolist() == NAMES
        np.testing.assert_array_equal(occlusionSensitivity(other, X, "relu", 2), expected)
        np.testing.assert_array_equal(other.predict(X), classifier.predict(X))


def test_layers_that_were_scored_do_not_travel(net):
    classifier = DAGNetwork(net, Classes=NAMES)
    size = len(pickle.dumps(classifier))
    classifier.scoring("relu")
    assert len(pickle.dumps(classifier)) == size


def test_no_weights_travel(net):
    assert len(pickle.dumps(net)) < 2000 < net.network.file.path.stat().st_size
    classifier, names = imagePretrainedNetwork()
    assert len(pickle.dumps(DAGNetwork(classifier, Classes=names))) < 150_000


def test_channels_last_travels(tmp_path):
    file = networks.channels_last(tmp_path / "net.onnx", np.random.default_rng(0), size=(3, 3))
    net = importNetworkFromONNX(file, InputDataFormats="BSSC")
    image = np.random.default_rng(1).random((3, 3, 3))
    np.testing.assert_array_equal(travelled(net).predict(image), net.predict(image))


def test_a_deep_copy_has_outputs_of_its_own_and_the_same_session(net):
    other = copy.deepcopy(net)
    assert other.network is net.network
    other.OutputNames = "relu"
    assert net.OutputNames == ["prob"]
    assert copy.deepcopy([net, net])[0].predict(X).tolist() == net.predict(X).tolist()


def session_of(net):
    return net.network._together.session


def test_those_that_come_back_share_a_session(net):
    pickled = pickle.dumps(net)
    first, second = pickle.loads(pickled), pickle.loads(pickled)
    assert session_of(first) is session_of(second) is session_of(net)
    net.OutputNames = "relu"
    assert session_of(travelled(net)) is not session_of(first)


def test_a_session_that_nobody_holds_is_closed(tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))
    pickled, session = pickle.dumps(net), weakref.ref(session_of(net))
    del net
    gc.collect()
    assert session() is None
    assert pickle.loads(pickled).predict(X).shape == (1, 4)


def test_layers_travel(net):
    layers = travelled(DAGNetwork(net, Classes=NAMES).Layers)
    assert repr(layers) == repr(DAGNetwork(net, Classes=NAMES).Layers)
    assert travelled(layers[1]) == layers[1]
    assert travelled(layers[-1]).Classes.tolist() == NAMES
    assert travelled(net.Layers[0]).InputSize == (12, 10, 3)


# Files that changed or are gone ---------------------------------------------------------------------------------------


def test_a_file_that_changed_or_is_gone(net):
    pickled, file = pickle.dumps(net), net.network.file.path
    content = file.read_bytes()
    before = hashlib.sha256(content).hexdigest()
    file.write_bytes(content + b"\0")
    after = hashlib.sha256(content + b"\0").hexdigest()
    with pytest.raises(
        RuntimeError, match=rf"net\.onnx is needed .* changed since: its SHA-256 was {before}, .* {after}"
    ):
        pickle.loads(pickled)
    with pytest.raises(RuntimeError, match=r"net\.onnx is needed again, but has changed or is gone since"):
        pickle.dumps(net)
    file.unlink()
    with pytest.raises(FileNotFoundError, match=rf"net\.onnx is needed .* is gone .* Its SHA-256 was {before}\."):
        pickle.loads(pickled)
    with pytest.raises(RuntimeError, match="has changed or is gone"):
        pickle.dumps(net)
    file.write_bytes(content)
    np.testing.assert_array_equal(pickle.loads(pickled).predict(X), net.predict(X))


def test_a_change_before_another_layer_is_scored_is_seen(net):
    file = net.network.file.path
    os.utime(file, ns=(0, 0))
    with pytest.raises(RuntimeError, match="has changed or is gone"):
        net.OutputNames = "relu"


def test_data_beside_the_file_count(tmp_path):
    file = networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))
    model = onnx.load(file)
    onnx.save(model, file, save_as_external_data=True, location="net.data", size_threshold=0)
    net = importNetworkFromONNX(file)
    pickled, data = pickle.dumps(net), tmp_path / "net.data"
    np.testing.assert_array_equal(pickle.loads(pickled).predict(X), net.predict(X))
    content = bytearray(data.read_bytes())
    content[3] ^= 64
    data.write_bytes(content)
    with pytest.raises(RuntimeError, match=r"net\.data is needed by a network that was pickled, but has changed"):
        pickle.loads(pickled)
    os.utime(data, ns=(0, 0))
    with pytest.raises(RuntimeError, match=r"net\.data is needed again, but has changed or is gone"):
        pickle.dumps(net)
    data.unlink()
    with pytest.raises(FileNotFoundError, match=r"net\.data is needed .* is gone"):
        pickle.loads(pickled)


def test_what_is_open_stays_here(net):
    network = net.network
    for thing in (network.places, network._together, network._together.session):
        for leave in (pickle.dumps, copy.deepcopy, copy.copy):
            with pytest.raises(
                TypeError, match="is open in this process and stays here: it cannot be pickled or copied"
            ):
                leave(thing)


# Other processes ------------------------------------------------------------------------------------------------------


def test_a_relative_path_is_found_from_elsewhere(net, monkeypatch):
    monkeypatch.chdir(net.network.file.path.parent)
    pickled = pickle.dumps(importNetworkFromONNX("net.onnx"))
    monkeypatch.chdir("/")
    assert pickle.loads(pickled).OutputNames == ["prob"]


def predicted(net):
    return net.predict(X)


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_of_multiprocessing(net, method):
    expected = [net.predict(X)] * 2
    with multiprocessing.get_context(method).Pool(1) as pool:
        np.testing.assert_array_equal(pool.map(predicted, [net, net]), expected)


def test_the_embedded_network_is_found_wherever_the_package_is(tmp_path, monkeypatch):
    net, _ = imagePretrainedNetwork()
    net.OutputNames = "logits"
    pickled, file = pickle.dumps(net), net.network.file.path
    assert str(file.parent).encode() not in pickled
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / file.name).symlink_to(file)
    monkeypatch.setattr(origin, "files", {"occlusion_sensitivity": tmp_path}.__getitem__)
    other = pickle.loads(pickled)
    assert other.network.file.path == tmp_path / "data" / file.name
    assert other.OutputNames == ["logits"]


def test_the_embedded_network_in_a_new_process(tmp_path):
    net, _ = imagePretrainedNetwork()
    (tmp_path / "net.pickle").write_bytes(pickle.dumps(net))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).OutputNames)"
    command = [sys.executable, "-c", code, tmp_path / "net.pickle"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['prob']"


def test_a_network_on_a_gpu_is_not_pickled(net):
    class Elsewhere:
        """No CPU."""

    network = copy.copy(net).network._with(device=CPU, outputs=())
    network.device = Elsewhere()
    with pytest.raises(TypeError, match="^A network on a GPU stays there"):
        pickle.dumps(network)
