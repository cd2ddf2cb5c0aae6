"""What a classifier looks at: the whole way of MATLAB's topic page, the MATLAB line above each Python line.

.venv/bin/python examples/understand_predictions.py [photograph [folder for the pictures]]
"""

import sys
from importlib.resources import files
from pathlib import Path

import matplotlib

matplotlib.use("agg")

from occlusion_sensitivity.matlab import *

# photograph = "coffee.jpg";
photograph = sys.argv[1] if len(sys.argv) > 1 else str(files("occlusion_sensitivity") / "data" / "coffee.jpg")
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")

# net = googlenet;
net, classNames = imagePretrainedNetwork()  # the network that comes with the package, with its class names
net = DAGNetwork(net, Classes=classNames)
# inputSize = net.Layers(1).InputSize(1:2);
inputSize = net.Layers[0].InputSize[0:2]
# classes = net.Layers(end).Classes;
classes = net.Layers[-1].Classes

# img = imresize(imread(photograph),inputSize);
img = imresize(imread(photograph), inputSize)
# [YPred,scores] = classify(net,img);
YPred, scores = classify(net, img)
# [topScores,topIdx] = maxk(scores,5);
topScores, topIdx = maxk(scores, 5)
# topClasses = classes(topIdx);
topClasses = classes[topIdx - 1]
# disp(compose("%s: %.3f",string(topClasses),topScores'))
disp(compose("%s: %.3f", string(topClasses), topScores))

# figure("Visible","off")
figure("Visible", "off")
# imshow(img)
imshow(img)
# title(sprintf("%s (%.2f)",YPred,scores(YPred)))
title(sprintf("%s (%.2f)", YPred, scores[0, YPred]))
# saveas(gcf,"photograph.png")
saveas(gcf(), folder / "photograph.png")

# map = occlusionSensitivity(net,img,YPred);
scoreMap = occlusionSensitivity(net, img, YPred)
# figure("Visible","off")
figure("Visible", "off")
# imshow(img,"InitialMagnification",150)
imshow(img, "InitialMagnification", 150)
# hold on
hold("on")
# imagesc(map,"AlphaData",0.5)
imagesc(scoreMap, "AlphaData", 0.5)
# colormap jet
colormap("jet")
# colorbar
colorbar()
# title(["Occlusion sensitivity",string(YPred)])
title(["Occlusion sensitivity", string(YPred)])
# saveas(gcf,"map.png")
saveas(gcf(), folder / "map.png")

# The same with smaller masks at shorter steps, and without upsampling.
# tic
tic()
# fine = occlusionSensitivity(net,img,YPred,"MaskSize",30,"Stride",12,"OutputUpsampling","nearest");
fine = occlusionSensitivity(net, img, YPred, "MaskSize", 30, "Stride", 12, "OutputUpsampling", "nearest")
# toc
toc(nargout=0)
# figure("Visible","off")
figure("Visible", "off")
# subplot(1,2,1)
subplot(1, 2, 1)
# imagesc(map), axis image off, title("45 pixels, bicubic")
imagesc(scoreMap)
axis("image", "off")
title("45 pixels, bicubic")
# subplot(1,2,2)
subplot(1, 2, 2)
# imagesc(fine), axis image off, title("30 pixels, nearest")
imagesc(fine)
axis("image", "off")
title("30 pixels, nearest")
# colormap jet
colormap("jet")
# saveas(gcf,"resolutions.png")
saveas(gcf(), folder / "resolutions.png")

# What speaks for the second class.
# secondClass = topClasses(2);
secondClass = topClasses[0, 1]
# secondMap = occlusionSensitivity(net,img,secondClass);
secondMap = occlusionSensitivity(net, img, secondClass)
# figure("Visible","off")
figure("Visible", "off")
# alpha = 0.5;
alpha = 0.5
# imshow(img)
imshow(img)
# hold on
hold("on")
# imagesc(secondMap,AlphaData=alpha)
imagesc(secondMap, AlphaData=alpha)
# colormap(gca,"jet")
colormap(gca(), "jet")
# title("The second class: " + string(secondClass) + ", " + num2str(topScores(2),2))
title("The second class: " + string(secondClass) + ", " + num2str(topScores[0, 1], 2))
# saveas(gcf,"second_class.png")
saveas(gcf(), folder / "second_class.png")
# close all
close("all")
