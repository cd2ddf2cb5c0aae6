"""Draw the inputs of the parity cases: images, networks, options. Run once per case; what is there is never redrawn.

    python tools/write_case_inputs.py

Each new case gets a folder in compat_fixtures/cases with case.json, X.json, network.json and network.onnx (A.json alone
for imresize). The references come from elsewhere: compat_fixtures/generate_fixtures.m, tools/compute_exact_cases.py.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np
import onnxruntime
from case_files import CASES, references, write_array, write_json
from case_networks import averaging, classifier, dyadic, dyadic_convolution, linear, normalized, onnx_model, spatial


@dataclass
class Case:
    """An image and a call: `network(rng, size, n_classes, span)` gives the layers."""

    about: str
    size: tuple
    options: dict = field(default_factory=dict)
    channels: tuple = (2,)
    kind: str = "uint8"
    span: tuple = (0, 255)
    network: object = classifier
    n_classes: int = 4
    output: str | None = None
    constant: bool = False
    exact: bool = False
    refused: str = ""  # the argument at fault


def options(**given):
    return given


NONE = options(OutputUpsampling="none")
CALLS = {
    "defaults_25x20x3": Case("every option at its default; 0.1·25 = 2.5 rounds to 3", (25, 20, 3)),
    "defaults_15x45": Case("a grey image; 0.1·15 and 0.1·45 lie halfway: 2 and 5", (15, 45)),
    "defaults_5x35": Case("0.1·5 = 0.5 rounds to 1, 0.1·35 = 3.5 to 4", (5, 35)),
    "automatic_texts": Case(
        "the automatic values asked for by name",
        (25, 14, 3),
        options(MaskSize="auto", Stride="auto", MaskValue="auto", ExecutionEnvironment="auto"),
    ),
    "mask_odd": Case("a scalar mask of odd length, clipped", (14, 11, 3), options(MaskSize=5, Stride=3)),
    "mask_even": Case("a scalar mask of even length, clipped", (14, 11, 3), options(MaskSize=4, Stride=3)),
    "mask_odd_even": Case("a mask of 3 rows and 6 columns", (14, 13, 3), options(MaskSize=[3, 6], Stride=2)),
    "mask_even_odd": Case("a mask of 6 rows and 3 columns", (14, 13, 3), options(MaskSize=[6, 3], Stride=2)),
    "mask_one_pixel": Case("a mask of one pixel at every pixel", (7, 9, 3), options(MaskSize=1, Stride=1)),
    "mask_of_the_image_clipped": Case("a mask as large as the image", (9, 12, 3), options(MaskSize=[9, 12], Stride=2)),
    "mask_of_the_image_whole": Case(
        "the whole image is the only position", (9, 12, 3), options(MaskSize=[9, 12], MaskClipping="off")
    ),
    "stride_one": Case("a mask centred on every pixel", (8, 9, 3), options(MaskSize=3, Stride=1)),
    "stride_pair": Case("another stride for each axis", (16, 15, 3), options(MaskSize=4, Stride=[2, 5])),
    "stride_larger_than_the_image": Case("one position", (10, 12, 3), options(MaskSize=4, Stride=50)),
    "stride_larger_than_the_height": Case("one row of positions", (10, 12, 3), options(MaskSize=5, Stride=[11, 2])),
    "stride_larger_than_the_mask": Case("pixels that no mask covers", (17, 16, 3), options(MaskSize=2, Stride=5)),
    "whole_odd": Case("whole masks of odd length", (14, 11, 3), options(MaskSize=5, Stride=2, MaskClipping="off")),
    "whole_even": Case("whole masks of even length", (14, 11, 3), options(MaskSize=4, Stride=2, MaskClipping="off")),
    "whole_with_a_rest": Case(
        "masks that would cross the edge are left out",
        (15, 13, 3),
        options(MaskSize=[4, 5], Stride=4, MaskClipping="off"),
    ),
    "whole_without_a_rest": Case(
        "the last mask ends at the edge", (16, 13, 3), options(MaskSize=[4, 5], Stride=4, MaskClipping="off")
    ),
    "clipping_false": Case("MaskClipping as a logical", (12, 10, 3), options(MaskSize=3, Stride=2, MaskClipping=False)),
    "clipping_true": Case("MaskClipping as a logical", (12, 10, 3), options(MaskSize=3, Stride=2, MaskClipping=True)),
    "clipping_zero": Case("MaskClipping as a number", (12, 10, 3), options(MaskSize=3, Stride=2, MaskClipping=0)),
    "fill_scalar": Case("one fill for all channels", (12, 14, 3), options(MaskValue=17)),
    "fill_fraction": Case("a fill between two grey levels of a uint8 image", (12, 14, 3), options(MaskValue=100.5)),
    "fill_vector": Case("a fill for each channel", (12, 14, 3), options(MaskValue=[200, 3.25, 90])),
    "fill_negative": Case("a fill that no pixel can have", (12, 14, 3), options(MaskValue=[-20, 300, -0.5])),
    "fill_of_a_constant_image": Case(
        "automatic fill = every pixel: a map of zeros", (10, 12, 3), constant=True, network=linear
    ),
    "batch_of_one": Case("one image at a time", (12, 14, 3), options(MiniBatchSize=1)),
    "batch_of_seven": Case("a number of positions that 7 does not divide", (12, 14, 3), options(MiniBatchSize=7)),
    "batch_larger_than_the_map": Case("all at once", (10, 12, 3), options(MiniBatchSize=1000, Stride=4)),
    "on_the_cpu": Case("ExecutionEnvironment", (10, 12, 3), options(ExecutionEnvironment="cpu", Stride=4)),
    "nearest_23x47": Case(
        "sizes at which integer arithmetic picks other neighbours", (23, 47), options(OutputUpsampling="nearest")
    ),
    "nearest_20x15x3": Case("nearest neighbours of a colour image", (20, 15, 3), options(OutputUpsampling="nearest")),
    "bicubic_two_rows": Case(
        "bicubic with fewer values than the kernel is wide",
        (16, 12, 3),
        options(MaskSize=5, Stride=[8, 3], OutputUpsampling="bicubic"),
    ),
    "no_upsampling": Case("the map itself", (25, 20, 3), NONE),
    "class_int8": Case("int8 image", (11, 12, 3), kind="int8", span=(-128, 127)),
    "class_int16": Case("int16 image", (11, 12, 3), kind="int16", span=(-32768, 32767)),
    "class_int32": Case("int32 image", (11, 12, 3), kind="int32", span=(-(2**31), 2**31 - 1)),
    "class_int64": Case("int64 image", (11, 12, 3), kind="int64", span=(-(2**52), 2**52)),
    "class_uint8": Case("uint8 image", (11, 12, 3), kind="uint8"),
    "class_uint16": Case("uint16 image", (11, 12, 3), kind="uint16", span=(0, 65535)),
    "class_uint32": Case("uint32 image", (11, 12, 3), kind="uint32", span=(0, 2**32 - 1)),
    "class_uint64": Case("uint64 image", (11, 12, 3), kind="uint64", span=(0, 2**53)),
    "class_single": Case("single image", (11, 12, 3), kind="single", span=(0, 1)),
    "class_double": Case("double image, made single first", (11, 12, 3), kind="double", span=(-1, 1)),
    "channels_3_1_2": Case("a map for each of three channels, in the order asked for", (13, 12, 3), channels=(3, 1, 2)),
    "channels_twice": Case("the same channel twice", (13, 12, 3), NONE, channels=(2, 4, 2)),
    "channels_nearest": Case(
        "nearest neighbours of several maps", (13, 12, 3), options(OutputUpsampling="nearest"), channels=(1, 4)
    ),
    "spatial_output": Case("the total of a channel over all positions", (15, 12, 3), network=spatial, channels=(1,)),
    "spatial_channels": Case("totals of several channels", (15, 12, 2), network=spatial, channels=(4, 2, 3)),
    "inner_layer": Case("OutputNames: an inner layer with a spatial output", (14, 12, 3), output="relu", channels=(3,)),
    "inner_scores": Case("OutputNames: the scores before the softmax", (14, 12, 3), output="fc", channels=(1, 3)),
    "other_layers": Case("average pooling, strided convolution, global average", (16, 17, 3), network=averaging),
    "two_channels": Case("an image of two channels", (12, 10, 2), options(MaskValue=[30, 200])),
    "five_channels": Case("an image of five channels", (10, 12, 5)),
    "one_channel": Case("a grey image as H×W", (12, 16)),
    "tall": Case("31 rows, 9 columns", (31, 9, 3)),
    "wide": Case("9 rows, 31 columns", (9, 31, 3)),
    "one_row": Case("one pixel high, as word embeddings are", (1, 24, 4), options(MaskSize=[1, 3], Stride=[1, 2])),
    "one_row_automatic": Case("one pixel high, automatic sizes of 0 become 1", (1, 24, 4)),
    "one_row_whole": Case(
        "one pixel high, whole masks", (1, 23, 4), options(MaskSize=[1, 4], Stride=[1, 3], MaskClipping="off")
    ),
    "one_column": Case("one pixel wide", (22, 1, 3)),
    "one_pixel": Case("a single pixel", (1, 1, 3), options(MaskValue=7), network=linear),
    "two_pixels": Case("2×2 pixels: automatic sizes of 0 become 1", (2, 2, 3), network=linear),
    "zerocenter": Case(
        "the mask is laid on the raw image; a mean for each pixel", (12, 10, 3), network=normalized("zerocenter")
    ),
    "zscore": Case("mask before zscore", (12, 10, 3), network=normalized("zscore")),
    "rescale_zero_one": Case("mask before rescale-zero-one", (12, 10, 3), network=normalized("rescale-zero-one")),
    "rescale_symmetric": Case(
        "mask before rescale-symmetric", (12, 10, 3), options(MaskValue=0), network=normalized("rescale-symmetric")
    ),
    "linear_scores": Case("scores that are not bounded", (13, 14, 3), network=linear, channels=(1, 2, 3)),
    "clipping_on": Case("MaskClipping as a text", (12, 10, 3), options(MaskSize=3, Stride=2, MaskClipping="on")),
    "clipping_one": Case("MaskClipping as a number", (12, 10, 3), options(MaskSize=3, Stride=2, MaskClipping=1)),
    "channels_of_one_row": Case(
        "two maps one pixel high", (1, 24, 4), options(MaskSize=[1, 3]), channels=(1, 3), network=linear
    ),
    "channels_of_one_column": Case("two maps one pixel wide", (18, 1, 3), NONE, channels=(2, 1), network=linear),
    "channels_of_one_position": Case(
        "two maps of a single position", (9, 8, 3), options(MaskSize=4, Stride=50), channels=(3, 1), network=linear
    ),
    "channels_of_one_position_unresized": Case(
        "two single values",
        (9, 8, 3),
        options(MaskSize=4, Stride=50, OutputUpsampling="none"),
        channels=(3, 1),
        network=linear,
    ),
    "refused_mask_wider_than_the_image": Case("an error", (8, 9, 3), options(MaskSize=[8, 10]), refused="MaskSize"),
    "refused_second_stride_zero": Case("an error", (8, 9, 3), options(Stride=[1, 0]), refused="Stride"),
    "refused_mask_larger_than_the_image": Case("an error", (8, 9, 3), options(MaskSize=[9, 9]), refused="MaskSize"),
    "refused_half_a_pixel": Case("an error: sizes are whole", (8, 9, 3), options(MaskSize=2.5), refused="MaskSize"),
    "refused_stride_zero": Case("an error: strides are positive", (8, 9, 3), options(Stride=[0, 1]), refused="Stride"),
    "refused_channel": Case("an error: the network has 4 channels", (8, 9, 3), channels=(5,), refused="channelIdx"),
    "refused_fill": Case(
        "an error: two fills for three channels", (8, 9, 3), options(MaskValue=[1, 2]), refused="MaskValue"
    ),
}
EXACT = {
    "exact_defaults": Case("box sums of weights · (X − mean)", (25, 20, 3)),
    "exact_grey": Case("a grey image of doubles", (17, 45), kind="double", span=(-4, 4)),
    "exact_even_mask": Case("clipped masks of even length", (14, 15, 3), options(MaskSize=[4, 6], Stride=[3, 2])),
    "exact_whole": Case("whole masks", (15, 14, 2), options(MaskSize=[5, 4], Stride=3, MaskClipping="off")),
    "exact_fill": Case("a fill for each channel", (12, 13, 3), options(MaskValue=[-3.5, 128, 255.25])),
    "exact_channels": Case("three maps", (13, 12, 3), channels=(3, 1, 2), kind="int16", span=(-300, 300)),
    "exact_nearest": Case("nearest neighbours", (25, 20, 3), options(OutputUpsampling="nearest")),
    "exact_no_upsampling": Case("the map itself", (19, 20, 3), options(MaskSize=7, Stride=2, OutputUpsampling="none")),
    "exact_spatial": Case(
        "a convolution's totals are linear, too", (14, 11, 2), network=dyadic_convolution, channels=(2, 1)
    ),
    "exact_one_row": Case("one pixel high", (1, 30, 4), options(MaskSize=[1, 5], Stride=[1, 3])),
}
IMRESIZE = {
    "imresize_uint8_enlarged": (
        "rounding and saturation after each axis",
        (7, 9, 3),
        "uint8",
        [15, 20],
        "bicubic",
        None,
    ),
    "imresize_uint8_shrunk": ("antialiasing", (21, 26), "uint8", [8, 9], "bicubic", None),
    "imresize_columns_first": ("the axis with the smaller scale first", (12, 30), "uint8", [18, 10], "bicubic", None),
    "imresize_negative_tie": ("halves below zero", (12, 20), "int8", 0.5, "bilinear", None),
    "imresize_tie": ("rows first on a tie", (12, 20), "uint8", 0.5, "bicubic", None),
    "imresize_plain": ("shrinking without antialiasing", (20, 23), "uint8", [7, 9], "bicubic", False),
    "imresize_factor": ("a factor: ceil(1.7·size), the scale as given", (9, 11), "uint8", 1.7, "bicubic", None),
    "imresize_small_factor": ("a factor below 1", (19, 23), "int16", 0.37, "bicubic", None),
    "imresize_bilinear": ("the triangle", (9, 8, 2), "double", [20, 21], "bilinear", None),
    "imresize_bilinear_shrunk": ("the widened triangle", (21, 18), "single", [8, 5], "bilinear", None),
    "imresize_nearest": ("nearest neighbours, shrinking", (23, 25, 2), "uint16", [9, 10], "nearest", None),
    "imresize_nearest_antialiased": ("the widened box", (23, 25), "uint8", [9, 10], "nearest", True),
    "imresize_int32": ("a signed class", (8, 9), "int32", [13, 5], "bicubic", None),
    "imresize_double": ("doubles overshoot", (11, 11), "double", [30, 24], "bicubic", None),
    "imresize_one_row": ("one pixel high", (1, 9), "double", [5, 30], "bicubic", None),
    "imresize_same_size": ("the identity", (6, 7), "double", [6, 7], "bicubic", None),
}


def generator(name):
    """The case's own: a case more changes none of the others."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def image(rng, size, kind, span):
    """Structure at a coarse scale, so that masks matter, and noise on it."""
    rows, cols = size[:2]
    coarse = rng.random((4, 4, *size[2:])).repeat(-(-rows // 4), 0).repeat(-(-cols // 4), 1)[:rows, :cols]
    share = 0.7 * coarse + 0.3 * rng.random(size)
    values = span[0] + share * (span[1] - span[0])
    numpy_class = {"single": "float32", "double": "float64"}.get(kind, kind)
    return values.astype(numpy_class) if "float" in numpy_class else np.floor(values).astype(numpy_class)


def drawn(name, case):
    """Layers and an image; drawn again where the classifier is so sure that no mask could tell."""
    rng = generator(name)
    size = (*case.size, 1)[:3]
    for _ in range(200):
        layers = case.network(rng, size, case.n_classes, case.span[1] - case.span[0])
        X = image(rng, case.size, case.kind, case.span)
        if case.constant:
            X[:] = X[0, 0]
        if case.exact and X.dtype == np.float64:
            X = np.round(X * 1024) / 1024
        if layers[-1]["Type"] != "softmax" or case.refused or tells(onnx_model(layers, size), X, case.channels):
            return layers, X
    msg = f"{name}: no network that a mask could tell anything about in 200 draws."
    raise RuntimeError(msg)


def tells(model, X, channels):
    """Whether the scores of the channels are far from 0 and 1, and change with half of the image."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def scores(image):
        tensor = np.atleast_3d(image).transpose(2, 0, 1)[np.newaxis].astype(np.float32)
        return session.run(None, {"input": tensor})[0].reshape(-1)[np.array(channels) - 1]

    rows, cols = X.shape[:2]
    half = X.astype(np.float64)
    half[: -(-rows // 2), : -(-cols // 2)] = X.mean(axis=(0, 1))
    whole = scores(X)
    return ((whole > 0.1) & (whole < 0.9) & (np.abs(whole - scores(half)) > 0.05)).all()


def write_call(name, case):
    layers, X = drawn(name, case)
    size = (*case.size, 1)[:3]
    folder = CASES / name
    folder.mkdir()
    output = case.output or layers[-1]["Name"]
    call = {"channelIdx": list(case.channels), "options": case.options}
    refused = {"refused": case.refused} if case.refused else {}
    write_json(folder / "case.json", {"kind": "occlusionSensitivity", "about": case.about, **call, **refused})
    write_json(folder / "network.json", {"InputSize": list(size), "OutputNames": output, "Layers": layers})
    write_array(folder / "X.json", X)
    (folder / "network.onnx").write_bytes(onnx_model(layers, size).SerializeToString())


def write_imresize(name, about, size, kind, scale, method, antialiasing):
    low, high = {
        "single": (-1, 1),
        "double": (-1, 1),
        "int16": (-32768, 32767),
        "int32": (-(2**31), 2**31 - 1),
        "int8": (-128, 127),
    }.get(kind, (0, 65535 if kind == "uint16" else 255))
    # Beyond the limits at both ends, so that values saturate.
    A = image(generator(name), size, "double", (low - (high - low) / 4, high + (high - low) / 4)).clip(low, high)
    if kind not in ("single", "double"):
        A = np.floor(A)
    folder = CASES / name
    folder.mkdir()
    call = {"scale": scale, "method": method} | ({} if antialiasing is None else {"antialiasing": antialiasing})
    write_json(folder / "case.json", {"kind": "imresize", "about": about, **call})
    write_array(folder / "A.json", A.astype({"single": "float32", "double": "float64"}.get(kind, kind)))


# Published facts: there is nothing to draw, and the reference is the fact.
MAP_SIZES = {
    "published_map_size_defaults": ({}, [11, 11]),
    "published_map_size_mask_52_stride_20": (options(MaskSize=52, Stride=20), [12, 12]),
    "published_map_size_stride_18": (options(Stride=18), [13, 13]),
}
JET_ROWS = {1: [0, 0, 0.515625], 128: [0.5, 1, 0.5], 256: [0.5, 0, 0]}


def write_published(name, case, reference):
    folder = CASES / name
    folder.mkdir()
    write_json(folder / "case.json", case)
    results = references(folder, "documentation")
    write_array(results / "expected.json", np.array(reference, dtype=np.float64))
    tool = "figures and documentation published by MathWorks"
    write_json(results / "reference.json", {"source": "documentation", "tool": tool})


def main():
    def new(name):
        return not (CASES / name).exists()

    for name in filter(new, CALLS):
        write_call(name, CALLS[name])
    for name in filter(new, EXACT):
        case = EXACT[name]
        case.exact = True
        case.network = dyadic if case.network is classifier else case.network
        write_call(name, case)
    for name in filter(new, IMRESIZE):
        write_imresize(name, *IMRESIZE[name])
    for name in filter(new, MAP_SIZES):
        given, size = MAP_SIZES[name]
        about = f"measured on a published figure: {size[0]}×{size[1]} positions at 224×224"
        case = {"kind": "mapSize", "about": about, "inputSize": [224, 224], "options": given}
        write_published(name, case, [size])
    if new("published_jet"):
        about = "rows 1, 128 and 256 of jet(256)"
        case = {"kind": "jet", "about": about, "m": 256, "rows": list(JET_ROWS)}
        write_published("published_jet", case, list(JET_ROWS.values()))


if __name__ == "__main__":
    main()
