"""The names that a MATLAB script around occlusionSensitivity uses: ``from occlusion_sensitivity.matlab import *``.

Importing this changes nothing outside; matplotlib is imported when the first picture is drawn. No name here is a Python
built-in; ``string`` is also the name of a module of Python's library, which a later ``import string`` would put in its
place.
"""

from ..network.dlnetwork import dlnetwork, importNetworkFromONNX
from ..network.layers import imageInputLayer
from ..network.legacy import DAGNetwork, SeriesNetwork, dag2dlnetwork, importONNXNetwork
from ..network.pretrained import imagePretrainedNetwork
from ..occlusion import occlusionSensitivity
from ..pictures import imread
from ..resizing import imresize
from .arrays import canUseGPU, double, find, gather, gpuArray, mat2gray, rescale, single, string, uint8
from .plotting import alpha, colorbar, colormap, figure, hold, imagesc, imshow, jet, subplot, title
from .prediction import forward, minibatchpredict, predict, scores2label

__all__ = [
    "DAGNetwork",
    "SeriesNetwork",
    "alpha",
    "canUseGPU",
    "colorbar",
    "colormap",
    "dag2dlnetwork",
    "dlnetwork",
    "double",
    "figure",
    "find",
    "forward",
    "gather",
    "gpuArray",
    "hold",
    "imageInputLayer",
    "imagePretrainedNetwork",
    "imagesc",
    "importNetworkFromONNX",
    "importONNXNetwork",
    "imread",
    "imresize",
    "imshow",
    "jet",
    "mat2gray",
    "minibatchpredict",
    "occlusionSensitivity",
    "predict",
    "rescale",
    "scores2label",
    "single",
    "string",
    "subplot",
    "title",
    "uint8",
]
