"""Calls as users write them, which no type checker may refuse: nothing here is run."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import occlusion_sensitivity as o
from occlusion_sensitivity import (
    deletion,
    imageInputLayer,
    imagePretrainedNetwork,
    importNetworkFromONNX,
    imread,
    imresize,
    insertion,
    occlusionSensitivity,
    thread_limit,
)
from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.matlab import DAGNetwork, SeriesNetwork, find, importONNXNetwork, string
from occlusion_sensitivity.option_types import OcclusionSensitivityOptions

net, classNames = imagePretrainedNetwork()
inputSize = net.Layers[0].InputSize[0:2]
photograph = imread("cup.jpg")
X = imresize(photograph, inputSize)
scores = net.predict(X)
channel = scores.argmax() + 1
name: str = classNames[channel - 1]
name = classNames[int(channel) - 1]
scoreMap = occlusionSensitivity(net, X, channel, MaskSize=45, Stride=[10, 20], OutputUpsampling="none")
drop: NDArray[np.float32] = scoreMap
percent = 100 * scoreMap.max()

# The network and its layers
height, width, channels = net.Layers[0].InputSize
rows = height * 2
black = np.zeros(net.Layers[0].InputSize, np.uint8)
normalization = net.Layers[0].Normalization.upper()
kinds = [layer.Type for layer in net.Layers]
last: str = net.Layers[-1].Name
some = net.Layers[1:3][0].Name
count = len(net.Layers)
net.OutputNames = "logits"
net.OutputNames = ["logits"]
first_output: str = net.OutputNames[0]
layer = imageInputLayer([28, 28, 1], Normalization="rescale-zero-one", Min=0, Max=255)
layer = imageInputLayer((28, 28), "Mean", [1.0], StandardDeviation=np.ones((1, 1, 1)))
grey = importNetworkFromONNX(Path("grey.onnx"), InputLayer=layer, InputDataFormats="BCSS", Optimize=False)
grey = importNetworkFromONNX("grey.onnx", "InputLayer", layer, OutputDataFormats=["BC", "BC"], Namespace="mine")

# The options, as numbers and texts of every kind that there is
occlusionSensitivity(net, X, 1, "MaskSize", 30, Stride=(10, 20), MaskValue="auto", MaskClipping=True)
occlusionSensitivity(net, X, 1, MaskSize=np.array([45, 45]), Stride=np.int64(22), MaskValue=X.mean(axis=(0, 1)))
occlusionSensitivity(net, X, 1, MaskSize="AUTO", MaskValue=[123.7, 116.3, 103.5], MaskClipping="off")
occlusionSensitivity(net, X, 1, MaskSize=net.Layers[0].InputSize[0:2], MaskValue=np.float32(0), MaskClipping=np.True_)
occlusionSensitivity(net, X, 1, MaskSize=range(3, 5), MaskValue=128, ExecutionEnvironment="cpu", MiniBatchSize=32.0)
occlusionSensitivity(net, X, 1, MaskValue=X.mean(), Stride=max(height // 10, 1))
options: OcclusionSensitivityOptions = {"MaskSize": 45, "Stride": 22}
occlusionSensitivity(net, X, 1, **options)
read_from_a_file: Mapping[str, Any] = {"MaskSize": 45, "Stride": 22}
occlusionSensitivity(net, X, 1, **read_from_a_file)

# Channels
occlusionSensitivity(net, X, [1, 2])
occlusionSensitivity(net, X, np.array([1, 2]))
occlusionSensitivity(net, X, np.argsort(scores[0])[:3] + 1)
occlusionSensitivity(net, X, find(string("espresso") == classNames))
occlusionSensitivity(net, X, int(scores.argmax()) + 1)
for k in range(1, 4):
    occlusionSensitivity(net, X, k)


# Images
class Tensor:
    """As PyTorch's, or somebody's own."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.zeros((224, 224, 3))


class OldTensor:
    def __array__(self, dtype: "np.dtype[Any] | None" = None) -> "np.ndarray[Any, np.dtype[Any]]":
        return np.zeros((224, 224, 3))


picture = Image.open("cup.jpg").convert("RGB").resize((224, 224))
pixels: list[list[float]] = [[0.0, 1.0]]
for image in (picture, Tensor(), OldTensor(), np.asarray(picture), pixels):
    occlusionSensitivity(net, image, channel)
    net.predict(image)
occlusionSensitivity(net, picture, channel)
occlusionSensitivity(net, Tensor(), channel)
occlusionSensitivity(net, OldTensor(), channel)
occlusionSensitivity(net, np.asarray(picture), channel)
occlusionSensitivity(net, pixels, channel)
net.predict(picture)
net.predict(Tensor())
imresize(picture, [224, 224])
imresize(Tensor(), 0.5, "bilinear", Antialiasing=False)
imresize(X, OutputSize=[120, np.nan], Method="nearest")
imresize(X, Scale=0.5)
imread(Path("cup.jpg"))
imread(str(files("occlusion_sensitivity") / "data" / "coffee.jpg"))

# Curves
curve = deletion(net, X, scoreMap, channel)
total: float = float(curve.area)
halves: NDArray[np.float64] = curve.scores[curve.shares <= 0.5]
insertion(net, picture, scoreMap, [1, 2], "NumSteps", 10, MaskValue="auto", ExecutionEnvironment="cpu")
insertion(net, X, scoreMap.tolist(), channel, NumSteps=np.int64(10), MaskValue=[123.7, 116.3, 103.5], MiniBatchSize=8)

with thread_limit(2):
    o.occlusionSensitivity(net, X, 1)

# MATLAB's names
classifier = DAGNetwork(net, Classes=classNames)
series = SeriesNetwork(net, "Classes", ["cat", "dog"])
classes = classifier.Layers[-1].Classes
names: list[str] = series.Layers[-1].Classes.tolist()
label, of_all = m.classify(classifier, X, MiniBatchSize=8)
occlusionSensitivity(classifier, X, label)
occlusionSensitivity(classifier, X, "espresso", MaskSize=45)
occlusionSensitivity(classifier, X, ["espresso", "cup"], "MaskSize", 45)
occlusionSensitivity(classifier, X, "relu", 3, Stride=22)
imported = importONNXNetwork("net.onnx", OutputLayerType="classification", ClassNames=names, ImageInputSize=[28, 28])
occlusionSensitivity(imported, X, imported.Layers[-1].Classes[0])
target = importONNXNetwork("net.onnx", TargetNetwork="dlnetwork")
target.OutputNames = "relu"
m.minibatchpredict(net, np.stack([X, X], axis=-1), Outputs="logits", ExecutionEnvironment="auto")
m.predict(net, m.single(picture), MiniBatchSize=4)
m.activations(classifier, X, "relu", OutputAs="rows")
m.squeezenet(Weights="imagenet")
best, places = m.maxk(scores, 5, ComparisonMethod="abs")
names_of_best = classNames[places - 1]
imds = m.imageDatastore("photos", IncludeSubfolders=True, LabelSource="foldernames", FileExtensions=[".jpg"])
m.imshow(imds.Files[0], InitialMagnification="fit")
m.imshow(picture, Colormap=m.jet, DisplayRange=[])
m.imagesc(scoreMap, "AlphaData", 0.5)
m.imagesc(scoreMap, AlphaData=np.ones((224, 224)))
m.figure(Position=[0, 0, 900, 300], Visible="off", Color=[1, 1, 1])
m.title("espresso", FontSize=9, Interpreter="none")
m.montage([X, X], Size=[1, np.nan])
m.imwrite(m.ind2rgb(m.im2uint8(scoreMap), m.jet(256)), "map.png")
m.exportgraphics(m.gcf(), "map.png", Resolution=300)

# Many images
maps = o.explain_images(None, "photos", "maps.zarr", channels="best 3", client=2, faithfulness=True)
maps = o.explain_images(
    net, [Path("a.png"), "b.png"], Path("maps.zarr"), classNames, channels=["tench"], MaskSize=[3, 4]
)
maps = o.explain_images(net, np.stack([X, X]), "maps.zarr", channels=np.array([1, 2]), mean=[1, 2.5, 3], fit="crop")
maps = o.open_maps(Path("maps.zarr"))
strongest = maps[maps.table()["score"].argmax()]
first: NDArray[np.float32] = maps[0]
sums = [score_map.sum() for score_map in maps]
grids = [maps.drops(k) for k in np.flatnonzero(maps.table()["state"] == "done")]
curve = maps.curves("deletion", np.int64(0)).mean()
everywhere: NDArray[np.float32] = maps.mean_map("espresso")
maps.save("index.html", [Path("photos")], progress=lambda done, total: None)
