"""Published ONNX classifiers: downloaded once, checked by their SHA-256, and made classifiers like MATLAB's.

The files are those of the ONNX Model Zoo, from the mirror that it names. All take 3×224×224 and give the 1000 classes
of ImageNet; what differs is the normalisation, the order of the colours, and whether a softmax is inside.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..files import sha256, write_whole
from ..packages import missing
from .graph import loaded, serialized, take_initializers_from_inputs
from .layers import ImageInputLayer, imageInputLayer

BASE_URL = "https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/validated/vision/classification/"
INPUT_SIZE = (224, 224, 3)
EMBEDDED = "efficientnet-lite0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNetwork:
    """Where a file is, and what makes it a classifier of RGB images of 0…255.

    Attributes
    ----------
    path : str
        Behind BASE_URL.
    mean, deviation : (float, float, float)
        Of red, green and blue, in 0…255.
    bgr : bool
        Whether the file wants blue first.
    logits : bool
        Whether the file ends before the softmax.
    """

    path: str
    sha256: str
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False
    logits: bool = True

    def input_layer(self) -> ImageInputLayer:
        return imageInputLayer(INPUT_SIZE, Normalization="zscore", Mean=self.mean, StandardDeviation=self.deviation)


def _torch_style(path: str, sha256: str) -> PublishedNetwork:
    """RGB/255, mean .485 .456 .406, deviation .229 .224 .225; logits."""
    mean = (0.485 * 255, 0.456 * 255, 0.406 * 255)
    deviation = (0.229 * 255, 0.224 * 255, 0.225 * 255)
    return PublishedNetwork(path=path, sha256=sha256, mean=mean, deviation=deviation)


def _caffe_style(path: str, sha256: str) -> PublishedNetwork:
    """BGR, 0…255, the mean subtracted; probabilities. The files' own pages give no values for the mean.

    These are those of the Caffe networks from which the files were converted.
    """
    return PublishedNetwork(path=path, sha256=sha256, mean=(123.0, 117.0, 104.0), bgr=True, logits=False)


NETWORKS = {
    "alexnet": _caffe_style(
        "alexnet/model/bvlcalexnet-12.onnx", "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945"
    ),
    "squeezenet": _torch_style(
        "squeezenet/model/squeezenet1.1-7.onnx", "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088"
    ),
    "googlenet": _caffe_style(
        "inception_and_googlenet/googlenet/model/googlenet-12.onnx",
        "c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e",
    ),
    "resnet18": _torch_style(
        "resnet/model/resnet18-v1-7.onnx", "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c"
    ),
    "resnet50": _torch_style(
        "resnet/model/resnet50-v1-12.onnx", "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526"
    ),
    "resnet101": _torch_style(
        "resnet/model/resnet101-v1-7.onnx", "760702f6ec0138f71ebac66f4e95d1c72dc9267a8544f4d4667a53075fd0497c"
    ),
    "mobilenetv2": _torch_style(
        "mobilenet/model/mobilenetv2-12.onnx", "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5"
    ),
    "vgg16": _torch_style(
        "vgg/model/vgg16-12.onnx", "722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b"
    ),
    "vgg19": _torch_style("vgg/model/vgg19-7.onnx", "692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f"),
}


def classifier_file(name: str) -> Path:
    """The file of a published network, made a classifier; downloaded if it is not in the cache."""
    pooch = _pooch()
    network = NETWORKS[name]
    folder = Path(pooch.os_cache("occlusion-sensitivity"))
    url = BASE_URL + network.path
    downloaded = folder / Path(network.path).name
    try:
        file = pooch.retrieve(
            url,
            known_hash=f"sha256:{network.sha256}",
            fname=downloaded.name,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=30),
            processor=_Converter(network),
        )
    except Exception as error:  # of the network, the file system, or a wrong hash: pooch has left nothing behind
        msg = (
            f"{name} could not be downloaded from {url}: {error}\n"
            f"A file with SHA-256 {network.sha256} at {downloaded} is taken without a connection. "
            f'imagePretrainedNetwork("{EMBEDDED}") needs none: it comes with the package.'
        )
        raise RuntimeError(msg) from error
    return Path(file)


@dataclass(frozen=True)
class _Converter:
    """What pooch does with a file after its hash was checked: the classifier beside it, written whole or not at all."""

    network: PublishedNetwork

    def __call__(self, fname: str, action: str, _pooch: Any) -> str:
        # What is inside follows from the file, what is done to it, and the release that does it.
        made_of = repr((self.network.sha256, self.network.bgr, self.network.logits, __version__))
        digest = hashlib.sha256(made_of.encode()).hexdigest()[:16]
        classifier = Path(fname).with_suffix(f".{digest}.classifier.onnx")
        if not _is_whole(classifier):
            content = _as_classifier(Path(fname), bgr=self.network.bgr, softmax=self.network.logits)
            write_whole(classifier, content)
            write_whole(_digest_file(classifier), hashlib.sha256(content).hexdigest().encode())
        return str(classifier)


def _digest_file(classifier: Path) -> Path:
    return classifier.with_suffix(".sha256")


def _is_whole(classifier: Path) -> bool:
    """Whether the file is there, and as it was written."""
    try:
        expected = _digest_file(classifier).read_text(encoding="ascii")
        return sha256(classifier) == expected
    except (OSError, ValueError):
        return False


def _as_classifier(path: Path, *, bgr: bool, softmax: bool) -> bytes:
    """The network of `path` for RGB images, with a softmax at its end: `bgr` and `softmax` say what is missing."""
    from onnx import helper, numpy_helper

    model = loaded(path)
    take_initializers_from_inputs(model)
    graph = model.graph
    if bgr:
        (source,) = graph.input
        swapped = f"{source.name}/bgr"
        for node in graph.node:
            node.input[:] = [swapped if name == source.name else name for name in node.input]
        order = numpy_helper.from_array(np.array([2, 1, 0], dtype=np.int64), f"{source.name}/bgr_order")
        graph.initializer.append(order)
        graph.node.insert(0, helper.make_node("Gather", [source.name, order.name], [swapped], name=swapped, axis=1))
    if softmax:
        (logits,) = graph.output
        graph.node.append(helper.make_node("Softmax", [logits.name], ["prob"], name="prob", axis=1))
        probabilities = type(logits)()
        probabilities.CopyFrom(logits)
        probabilities.name = "prob"
        del graph.output[:]
        graph.output.append(probabilities)
    return serialized(model)


def _pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise missing("Downloading networks needs", "pooch", "pretrained", error) from error
    return pooch
