"""Calls that a type checker has to find, each line that is marked and no other: nothing here is run."""

import numpy as np

from occlusion_sensitivity import (
    deletion,
    explain_images,
    imageInputLayer,
    imagePretrainedNetwork,
    importNetworkFromONNX,
    imread,
    imresize,
    insertion,
    occlusionSensitivity,
    open_maps,
)
from occlusion_sensitivity import matlab as m

net, classNames = imagePretrainedNetwork()
X = np.zeros((224, 224, 3))

occlusionSensitivity(net, X, 1, MaskSzie=30)  # wrong
occlusionSensitivity(net, X, 1, MaskSize=None)  # wrong
occlusionSensitivity(net, X, 1, MaskSize={"rows": 30})  # wrong
occlusionSensitivity(net, X, 1, Stride=["10", "20"])  # wrong
occlusionSensitivity(net, X, 1, OutputUpsampling=False)  # wrong
occlusionSensitivity(net, X, 1, MiniBatchSize="128")  # wrong
occlusionSensitivity(net, X, 1, ExecutionEnvironment=0)  # wrong
occlusionSensitivity(net, X)  # wrong
occlusionSensitivity("net.onnx", X, 1)  # wrong
occlusionSensitivity(net, print, 1)  # wrong
occlusionSensitivity(net, None, 1)  # wrong
deletion(net, X, 1)  # wrong
deletion(net, X, X[:, :, 0], 1, NumStep=3)  # wrong
deletion(net, X, X[:, :, 0], 1, Stride=3)  # wrong
insertion(net, X, None, 1)  # wrong
net.predict(None)  # wrong
net.predict(X, MiniBatchSize=3)  # wrong
net.OutputNames = 3  # wrong
net.InputNames = ["x"]  # wrong
size = net.Layers[1].InputSize  # wrong
classes = net.Layers[-1].Classes  # wrong
size = net.Layers[0].Inputsize  # wrong
layers = net.layers  # wrong
imresize(X, 2, Methd="nearest")  # wrong
imresize(X, OutputSize="large")  # wrong
importNetworkFromONNX("net.onnx", InputFormat="BCSS")  # wrong
importNetworkFromONNX(3)  # wrong
importNetworkFromONNX("net.onnx", InputLayer=[224, 224, 3])  # wrong
imageInputLayer([28, 28], Normalisation="none")  # wrong
imagePretrainedNetwork(18)  # wrong
imread(3)  # wrong
m.DAGNetwork(net, ClassNames=classNames)  # wrong
m.importONNXNetwork("net.onnx", Class=["cat"])  # wrong
m.minibatchpredict(net, X, Output="logits")  # wrong
m.classify(net, X, BatchSize=3)  # wrong
m.imageDatastore("photos", IncludeSubfolder=True)  # wrong
m.imshow(X, InitialMagnificaton=200)  # wrong
m.imagesc(X, AlphaDta=0.5)  # wrong
m.figure(Visibel="off")  # wrong
m.alexnet(Weight="imagenet")  # wrong
m.maxk(X, 3, Comparison="abs")  # wrong
explain_images(net, "photos", "maps.zarr", channel=3)  # wrong
explain_images(net, "photos", "maps.zarr", Strid=3)  # wrong
explain_images(net, "photos", "maps.zarr", on_error="ignore")  # wrong
explain_images("net.onnx", "photos", "maps.zarr")  # wrong
explain_images(net, "photos", "maps.zarr", client=2.5)  # wrong
open_maps(3)  # wrong
open_maps("maps.zarr")["a.png"]  # wrong
open_maps("maps.zarr").curves("removal", 0)  # wrong
