"""The maps of several classes of a dlnetwork beside each other, the MATLAB line above each Python line.

.venv/bin/python examples/compare_classes.py [photograph [folder for the pictures]]
"""

import sys
from importlib.resources import files
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("agg")

from occlusion_sensitivity.matlab import *

# photograph = "coffee.jpg";
photograph = sys.argv[1] if len(sys.argv) > 1 else str(files("occlusion_sensitivity") / "data" / "coffee.jpg")
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")

# [net,classNames] = imagePretrainedNetwork;
net, classNames = imagePretrainedNetwork()
# X = imresize(imread(photograph),net.Layers(1).InputSize(1:2));
X = imresize(imread(photograph), net.Layers[0].InputSize[0:2])
# scores = minibatchpredict(net,single(X));
scores = minibatchpredict(net, single(X))
# [scores,channels] = sort(scores,"descend");
scores, channels = sort(scores, "descend")
# channels = channels(1:4);
channels = channels[0, 0:4]
# names = classNames(channels);
names = classNames[channels - 1]

# maps = occlusionSensitivity(net,X,channels,MaskValue=128,MiniBatchSize=64);
maps = occlusionSensitivity(net, X, channels, MaskValue=128, MiniBatchSize=64)
# [h,w,n] = size(maps);
h, w, n = size(maps)
# maps = rescale(maps);
maps = rescale(maps)

# A map of each class as a picture in colours; the best class first.
# pictures = zeros(h,w,3,n);
pictures = np.zeros((h, w, 3, n))
# for k = 1:n
for k in range(1, n + 1):
    #     pictures(:,:,:,k) = ind2rgb(im2uint8(maps(:,:,k)),jet(256));
    pictures[:, :, :, k - 1] = ind2rgb(im2uint8(maps[:, :, k - 1]), jet(256))
# end
# figure("Visible","off")
figure("Visible", "off")
# montage(pictures,"Size",[2 2],"BorderSize",4)
montage(pictures, "Size", [2, 2], "BorderSize", 4)
# title(join(names,", "))
title(join(names, ", "))
# saveas(gcf,"montage.png")
saveas(gcf(), folder / "montage.png")

# Where the first two classes differ.
# figure("Visible","off")
figure("Visible", "off")
# imshowpair(maps(:,:,1),maps(:,:,2))
imshowpair(maps[:, :, 0], maps[:, :, 1])
# title({sprintf("green: %s (%.2f)",names(1),scores(1)),sprintf("magenta: %s (%.2f)",names(2),scores(2))})
title([sprintf("green: %s (%.2f)", names[0], scores[0, 0]), sprintf("magenta: %s (%.2f)", names[1], scores[0, 1])])
# exportgraphics(gcf,"pair.png","Resolution",150)
exportgraphics(gcf(), folder / "pair.png", "Resolution", 150)

# The photograph and the maps in one layout.
# t = tiledlayout(2,3,"TileSpacing","compact","Padding","compact");
figure("Visible", "off")
t = tiledlayout(2, 3, "TileSpacing", "compact", "Padding", "compact")
# nexttile([2 1])
nexttile([2, 1])
# imshow(X)
imshow(X)
# for k = 1:4
for k in range(1, 5):
    #     ax = nexttile;
    ax = nexttile()
    #     imshow(im2double(rgb2gray(X)))
    imshow(im2double(rgb2gray(X)))
    #     hold on
    hold("on")
    #     imagesc(maps(:,:,k),"AlphaData",0.6)
    imagesc(maps[:, :, k - 1], "AlphaData", 0.6)
    #     colormap(ax,"turbo")
    colormap(ax, "turbo")
    #     clim([0 1])
    clim([0, 1])
    #     title(names(k),"FontSize",8)
    title(names[k - 1], "FontSize", 8)
# end
# title(t,"The four classes with the highest scores")
title(t, "The four classes with the highest scores")
# exportgraphics(t,"layout.png")
exportgraphics(t, folder / "layout.png")
# imwrite(imtile(pictures),"tiles.png")
imwrite(imtile(pictures), folder / "tiles.png")
