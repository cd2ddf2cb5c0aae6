"""The example of MATLAB's reference page, line for line, on the network and the photograph that come with the package.

    python examples/explain_photograph.py [PICTURE.png]

writes the picture to PICTURE.png (explained.png unless given).
"""

import sys
from importlib.resources import files

import matplotlib.pyplot as plt

from occlusion_sensitivity.matlab import *

photograph = str(files("occlusion_sensitivity") / "data" / "coffee.jpg")

# [net,classNames] = imagePretrainedNetwork;
net, classNames = imagePretrainedNetwork()

# X = imread("coffee.jpg");
X = imread(photograph)
# inputSize = net.Layers(1).InputSize(1:2);
inputSize = net.Layers[0].InputSize[0:2]
# X = imresize(X,inputSize);
X = imresize(X, inputSize)

# imshow(X)
imshow(X)

# if canUseGPU
#     X = gpuArray(X);
# end
if canUseGPU():
    X = gpuArray(X)
# scores = predict(net,single(X));
scores = predict(net, single(X))
# [label,score] = scores2label(scores,classNames);
label, score = scores2label(scores, classNames)

# channel = find(string(label) == classNames);
channel = find(string(label) == classNames)
# scoreMap = occlusionSensitivity(net,X,channel);
scoreMap = occlusionSensitivity(net, X, channel)

# figure
figure()
# imshow(X)
imshow(X)
# hold on
hold("on")
# imagesc(scoreMap,'AlphaData',0.5);
imagesc(scoreMap, "AlphaData", 0.5)
# colormap jet
colormap("jet")
# colorbar
colorbar()
# title(string(label) + " " + score)
title(f"{label} {score:.2f}")

plt.savefig(sys.argv[1] if len(sys.argv) > 1 else "explained.png")
