"""Maps of all pictures of a folder, a row of a figure each, the MATLAB line above each Python line.

.venv/bin/python examples/folder_of_pictures.py [folder of pictures [folder for the results]]
"""

import os
import sys
from importlib.resources import files

import matplotlib

matplotlib.use("agg")

from occlusion_sensitivity.matlab import *

# imageFolder = "pictures";
imageFolder = sys.argv[1] if len(sys.argv) > 1 else str(files("occlusion_sensitivity") / "data")
# outputFolder = "results";
outputFolder = sys.argv[2] if len(sys.argv) > 2 else "results"

# [net,classNames] = imagePretrainedNetwork;
net, classNames = imagePretrainedNetwork()
# net = importONNXNetwork("net.onnx","OutputLayerType","classification","ClassNames",classNames);
net = SeriesNetwork(net, Classes=classNames)
# inputSize = net.Layers(1).InputSize;
inputSize = net.Layers[0].InputSize

# imds = imageDatastore(imageFolder,"IncludeSubfolders",true,"LabelSource","foldernames");
imds = imageDatastore(imageFolder, "IncludeSubfolders", True, "LabelSource", "foldernames")
# if ~exist(outputFolder,"dir"), mkdir(outputFolder); end
os.makedirs(outputFolder, exist_ok=True)
# rows = {};
rows = []

# for k = 1:numel(imds.Files)
for k in range(1, numel(imds.Files) + 1):
    #     X = readimage(imds,k);
    X = readimage(imds, k)
    #     if size(X,3) == 1, X = repmat(X,[1 1 3]); end
    if size(X, 3) == 1:
        X = repmat(X, [1, 1, 3])
    #     X = imresize(X,inputSize(1:2));
    X = imresize(X, inputSize[0:2])
    #     [label,score] = classify(net,X);
    label, score = classify(net, X)
    #     map = occlusionSensitivity(net,X,label, ...
    #         "MaskSize",45,"Stride",22);
    scoreMap = occlusionSensitivity(net, X, label, "MaskSize", 45, "Stride", 22)

    #     fig = figure("Visible","off","Position",[0 0 900 300]);
    fig = figure("Visible", "off", "Position", [0, 0, 900, 300])
    #     s1 = subplot(1,3,1);
    s1 = subplot(1, 3, 1)
    #     imshow(X)
    imshow(X)
    #     title(s1,string(imds.Labels(k)),"Interpreter","none","FontSize",9)
    title(s1, string(imds.Labels[k - 1]), "Interpreter", "none", "FontSize", 9)
    #     s2 = subplot(1,3,2);
    s2 = subplot(1, 3, 2)
    #     imagesc(s2,map)
    imagesc(s2, scoreMap)
    #     colormap(s2,jet)
    colormap(s2, jet)
    #     colorbar(s2,"southoutside")
    colorbar(s2, "southoutside")
    #     axis(s2,"image","off")
    axis(s2, "image", "off")
    #     s3 = subplot(1,3,3);
    s3 = subplot(1, 3, 3)
    #     imshow(X)
    imshow(X)
    #     hold on
    hold("on")
    #     h = imagesc(map);
    h = imagesc(scoreMap)
    #     h.AlphaData = 0.5;
    h.AlphaData = 0.5
    #     colormap(s3,jet)
    colormap(s3, jet)
    #     title({char(label),sprintf("%.1f%%",100*score(label))})
    title([str(label), sprintf("%.1f%%", 100 * score[0, label])])
    #     [~,name] = fileparts(imds.Files{k});
    name, _ = os.path.splitext(os.path.basename(imds.Files[k - 1]))
    #     saveas(fig,fullfile(outputFolder,name + "_map.png"))
    saveas(fig, os.path.join(outputFolder, name + "_map.png"))
    #     close(fig)
    close(fig)
    #     rows{end+1} = name + ": " + string(label) + ", " + score(label);
    rows.append(name + ": " + string(label) + ", " + score[0, label])
    #     fprintf("%2d of %d  %-12s %-30s %5.2f\n",k,numel(imds.Files),name,label,score(label));
    fprintf("%2d of %d  %-12s %-30s %5.2f\n", k, numel(imds.Files), name, label, score[0, label])
# end

# disp(join(string(rows),newline))
disp(join(string(rows), "\n"))
