"""Published networks, from a server of our own with files of our own."""

import functools
import gc
import hashlib
import http.server
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest

import networks
from occlusion_sensitivity import imagePretrainedNetwork
from occlusion_sensitivity.network import pretrained, published

# urllib3 leaves refused and cut sockets to the garbage collector, which `server` calls before the next test begins.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

WEIGHT = np.random.default_rng(0).normal(size=(1000, 1, 1, 3)).astype(np.float32) / 50


def tiny_classifier(file, *, softmax):
    """The mean of each colour, times a weight for each of 1000 classes; batch fixed at 1, 1×1000×1×1, as SqueezeNet."""
    make_node = onnx.helper.make_node
    nodes = [
        make_node("GlobalAveragePool", ["data"], ["mean"]),
        make_node("Conv", ["mean", "weight"], ["logits"]),
        *([make_node("Softmax", ["logits"], ["prob"], axis=1)] if softmax else []),
    ]
    weight = {"weight": WEIGHT.transpose(0, 3, 1, 2)}
    output = "prob" if softmax else "logits"
    return networks.save(file, nodes, weight, {"data": [1, 3, 224, 224]}, {output: [1, 1000, 1, 1]}, opset=7)


class Handler(http.server.SimpleHTTPRequestHandler):
    cut = False

    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        outputfile.write(source.read()[:500] if self.cut else source.read())


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server for tmp_path/served, as the place the networks come from; an empty cache in tmp_path/cache."""
    (tmp_path / "served").mkdir()
    handler = functools.partial(Handler, directory=str(tmp_path / "served"))
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setattr(published, "BASE_URL", f"http://127.0.0.1:{running.server_port}/")
    monkeypatch.setattr(Handler, "cut", False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pretrained._loaded.cache_clear()
    yield running
    running.shutdown()
    running.server_close()
    pretrained._loaded.cache_clear()
    gc.collect()


def publish(monkeypatch, tmp_path, name, *, softmax=False, sha256=None):
    """Let the server have a file for `name`, in the place of the real one."""
    served = tmp_path / "served" / Path(published.NETWORKS[name].path)
    served.parent.mkdir(parents=True)
    tiny_classifier(served, softmax=softmax)
    fields = {
        field: getattr(published.NETWORKS[name], field) for field in ("path", "mean", "deviation", "bgr", "logits")
    }
    sha256 = sha256 or hashlib.sha256(served.read_bytes()).hexdigest()
    monkeypatch.setitem(published.NETWORKS, name, published.PublishedNetwork(sha256=sha256, **fields))
    return served


def cached(tmp_path):
    return sorted(file.name for file in (tmp_path / "cache").rglob("*") if file.is_file())


def softmax(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


X = np.random.default_rng(1).integers(0, 256, (224, 224, 3)).astype(np.uint8)


@pytest.mark.parametrize("name", ["squeezenet", "googlenet", "resnet50"])
def test_a_network_comes_normalised_and_with_a_softmax(server, tmp_path, monkeypatch, name):
    publish(monkeypatch, tmp_path, name, softmax=name == "googlenet")
    net, class_names = imagePretrainedNetwork(name)
    if name == "googlenet":
        colours = (X.astype(float) - [123, 117, 104]).mean(axis=(0, 1))[::-1]
    else:
        colours = ((X / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).mean(axis=(0, 1))
    np.testing.assert_allclose(net.predict(X)[0], softmax(WEIGHT[:, 0, 0] @ colours), rtol=1e-3)
    assert net.Layers[0].InputSize == (224, 224, 3)
    assert net.OutputNames == ["prob"]
    assert len(class_names) == 1000


def test_what_was_downloaded_is_kept(server, tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path, "resnet18")
    first = imagePretrainedNetwork("resnet18")[0].predict(X)
    classifier, digest, downloaded = cached(tmp_path)
    assert downloaded == "resnet18-v1-7.onnx"
    assert re.fullmatch(r"resnet18-v1-7\.[0-9a-f]{16}\.classifier\.onnx", classifier)
    assert digest == classifier.replace(".onnx", ".sha256")
    server.shutdown()
    pretrained._loaded.cache_clear()
    np.testing.assert_array_equal(imagePretrainedNetwork("resnet18")[0].predict(X), first)


def test_a_damaged_cache_is_downloaded_again(server, tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path, "resnet18")
    imagePretrainedNetwork("resnet18")
    (file,) = (tmp_path / "cache").rglob("resnet18-v1-7.onnx")
    file.write_bytes(b"damaged")
    pretrained._loaded.cache_clear()
    imagePretrainedNetwork("resnet18")
    assert file.stat().st_size > 1000


@pytest.mark.parametrize("damage", [b"", b"damaged", None])
def test_a_damaged_classifier_is_made_again(server, tmp_path, monkeypatch, damage):
    publish(monkeypatch, tmp_path, "resnet18")
    first = imagePretrainedNetwork("resnet18")[0].predict(X)
    server.shutdown()
    (file,) = (tmp_path / "cache").rglob("*.classifier.onnx")
    content = file.read_bytes()
    file.write_bytes(content[:-1] if damage is None else damage)
    pretrained._loaded.cache_clear()
    np.testing.assert_array_equal(imagePretrainedNetwork("resnet18")[0].predict(X), first)
    assert file.read_bytes() == content


def test_another_release_makes_its_own_classifier(server, tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path, "resnet18")
    imagePretrainedNetwork("resnet18")
    monkeypatch.setattr(published, "__version__", "99.0")
    pretrained._loaded.cache_clear()
    imagePretrainedNetwork("resnet18")
    assert len([name for name in cached(tmp_path) if name.endswith(".classifier.onnx")]) == 2


def fails(name, *parts):
    with pytest.raises(RuntimeError) as raised:
        imagePretrainedNetwork(name)
    message = str(raised.value)
    for part in (f"{name} could not be downloaded from", "efficientnet-lite0", *parts):
        assert part in message
    return message


def test_a_file_that_is_not_the_published_one(server, tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path, "vgg16", sha256="0" * 64)
    fails("vgg16", "hash")
    assert cached(tmp_path) == []


def test_a_connection_that_is_cut(server, tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path, "vgg16")
    monkeypatch.setattr(Handler, "cut", True)
    fails("vgg16")
    assert cached(tmp_path) == []


def test_a_file_that_is_not_there(server):
    fails("vgg19", "404")


def test_without_a_connection(server, tmp_path):
    server.shutdown()
    server.server_close()
    fails("mobilenetv2", str(tmp_path / "cache"), published.NETWORKS["mobilenetv2"].sha256)


def test_a_full_disk(server, tmp_path, monkeypatch):
    """No file may grow beyond 2000 bytes: a limit of the process, which is one of its own."""
    served = publish(monkeypatch, tmp_path, "vgg16")
    code = f"""
import resource, signal
from occlusion_sensitivity.network import published
published.BASE_URL = {published.BASE_URL!r}
real = published.NETWORKS["vgg16"]
published.NETWORKS["vgg16"] = published.PublishedNetwork(
    path=real.path, mean=real.mean, sha256={hashlib.sha256(served.read_bytes()).hexdigest()!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    published.classifier_file("vgg16")
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "vgg16 could not be downloaded" in done.stdout
    assert "File too large" in done.stdout
    assert cached(tmp_path) == []


def test_without_pooch(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    pretrained._loaded.cache_clear()
    with pytest.raises(ImportError, match=r'needs pooch .*pip install "[^"]*\[pretrained\][^"]*"'):
        imagePretrainedNetwork("vgg16")


def test_names():
    names = {"squeezenet", "googlenet", "resnet18", "resnet50", "resnet101", "mobilenetv2", "vgg16", "vgg19", "alexnet"}
    assert names == set(published.NETWORKS)
    with pytest.raises(ValueError, match="^name 'resnet' is ambiguous: it may be resnet18, resnet50, resnet101"):
        imagePretrainedNetwork("resnet")
    with pytest.raises(ValueError, match="^name must be one of efficientnet-lite0, alexnet, .* but is 'shufflenet'"):
        imagePretrainedNetwork("shufflenet")


def test_the_table_is_that_of_the_project(shared):
    """Paths and hashes as the project's list of published networks has them."""
    rows = (shared / "networks" / "published_networks.md").read_text(encoding="utf-8").splitlines()
    listed = {}
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 7 and len(cells[3]) == 64:
            listed[cells[0]] = (cells[1], cells[3])
    # AlexNet's are those of the Git LFS pointer in the same repository (onnx/models, 6ab957a2fe61).
    listed["alexnet"] = (
        "alexnet/model/bvlcalexnet-12.onnx",
        "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945",
    )
    assert listed == {name: (network.path, network.sha256) for name, network in published.NETWORKS.items()}
