"""The calls of the parity cases: what each of them pins down, its image, its options and its network."""

from dataclasses import dataclass, field

from case_networks import (
    averaging,
    classifier,
    dyadic_convolution,
    linear,
    many_positions,
    normalized,
    normalizing,
    spatial,
)


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
    own_layer: bool = False  # the file does not normalise: the caller's image input layer does
    channels_last: bool = False
    labels: tuple = ()  # asked for by name, instead of by channel


def options(**given):
    return given


NONE = options(OutputUpsampling="none")
CLASSES = ("mug", "cup", "espresso", "tea")
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
        "the whole image is the only position", (18, 19, 3), options(MaskSize=[9, 12], MaskClipping="off")
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
    "fill_scalar": Case("one fill for all channels", (21, 21, 3), options(MaskValue=17)),
    "fill_fraction": Case("a fill between two grey levels of a uint8 image", (21, 21, 3), options(MaskValue=100.5)),
    "fill_vector": Case("a fill for each channel", (21, 21, 3), options(MaskValue=[200, 3.25, 90])),
    "fill_negative": Case("a fill that no pixel can have", (21, 21, 3), options(MaskValue=[-20, 300, -0.5])),
    "fill_of_a_constant_image": Case(
        "automatic fill = every pixel: a map of zeros", (19, 19, 3), constant=True, network=linear
    ),
    "batch_of_one": Case("one image at a time", (21, 21, 3), options(MiniBatchSize=1)),
    "batch_of_seven": Case("a number of positions that 7 does not divide", (21, 21, 3), options(MiniBatchSize=7)),
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
    "class_int8": Case("int8 image", (20, 19, 3), kind="int8", span=(-128, 127)),
    "class_int16": Case("int16 image", (20, 19, 3), kind="int16", span=(-32768, 32767)),
    "class_int32": Case("int32 image", (20, 19, 3), kind="int32", span=(-(2**31), 2**31 - 1)),
    "class_int64": Case("int64 image", (20, 19, 3), kind="int64", span=(-(2**52), 2**52)),
    "class_uint8": Case("uint8 image", (20, 19, 3), kind="uint8"),
    "class_uint16": Case("uint16 image", (20, 19, 3), kind="uint16", span=(0, 65535)),
    "class_uint32": Case("uint32 image", (20, 19, 3), kind="uint32", span=(0, 2**32 - 1)),
    "class_uint64": Case("uint64 image", (20, 19, 3), kind="uint64", span=(0, 2**53)),
    "class_single": Case("single image", (20, 19, 3), kind="single", span=(0, 1)),
    "class_double": Case("double image, made single first", (20, 19, 3), kind="double", span=(-1, 1)),
    "channels_3_1_2": Case("a map for each of three channels, in the order asked for", (22, 19, 3), channels=(3, 1, 2)),
    "channels_twice": Case("the same channel twice", (13, 12, 3), NONE, channels=(2, 4, 2)),
    "channels_nearest": Case(
        "nearest neighbours of several maps", (22, 19, 3), options(OutputUpsampling="nearest"), channels=(1, 4)
    ),
    "spatial_output": Case("the total of a channel over all positions", (15, 12, 3), network=spatial, channels=(1,)),
    "spatial_channels": Case("totals of several channels", (15, 12, 2), network=spatial, channels=(4, 2, 3)),
    "inner_layer": Case("OutputNames: an inner layer with a spatial output", (23, 19, 3), output="relu", channels=(3,)),
    "inner_scores": Case("OutputNames: the scores before the softmax", (23, 19, 3), output="fc", channels=(1, 3)),
    "other_layers": Case("average pooling, strided convolution, global average", (16, 17, 3), network=averaging),
    "two_channels": Case("an image of two channels", (21, 17, 2), options(MaskValue=[30, 200])),
    "five_channels": Case("an image of five channels", (19, 19, 5)),
    "one_channel": Case("a grey image as H×W", (21, 16)),
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
        "the mask is laid on the raw image; a mean for each pixel", (21, 17, 3), network=normalized("zerocenter")
    ),
    "zscore": Case("mask before zscore", (21, 17, 3), network=normalized("zscore")),
    "rescale_zero_one": Case("mask before rescale-zero-one", (21, 17, 3), network=normalized("rescale-zero-one")),
    "rescale_symmetric": Case(
        "mask before rescale-symmetric", (21, 17, 3), options(MaskValue=0), network=normalized("rescale-symmetric")
    ),
    "linear_scores": Case("scores that are not bounded", (22, 21, 3), network=linear, channels=(1, 2, 3)),
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
    "layer_zerocenter": Case(
        "the mask is laid before the normalisation of the image input layer, a mean for each pixel",
        (21, 18, 3),
        network=normalized("zerocenter"),
        own_layer=True,
    ),
    "layer_zscore": Case("mask before zscore", (19, 22, 3), network=normalized("zscore"), own_layer=True),
    "layer_rescale_zero_one": Case(
        "mask before rescale-zero-one", (22, 19, 3), network=normalized("rescale-zero-one"), own_layer=True
    ),
    "layer_rescale_symmetric": Case(
        "mask before rescale-symmetric",
        (18, 21, 3),
        options(MaskValue=40),
        network=normalized("rescale-symmetric"),
        own_layer=True,
    ),
    "label": Case("a class by its name", (19, 18, 3), channels=(3,), labels=("espresso",)),
    "labels": Case(
        "a map for each of several labels, in their order", (18, 19, 3), channels=(4, 1), labels=("tea", "mug")
    ),
    "channels_last": Case("an N×H×W×C network", (21, 24, 3), channels_last=True),
    "channels_last_spatial": Case(
        "an N×H×W×C network with a spatial output", (18, 23, 3), network=spatial, channels=(2, 4), channels_last=True
    ),
    "normalizing_layers": Case(
        "batch normalisation, and normalisation across channels", (20, 21, 3), network=normalizing
    ),
    "normalizing_inner": Case(
        "the output of a batch normalisation", (18, 17, 3), network=normalizing, output="batchnorm", channels=(4, 2)
    ),
    "normalizing_across": Case(
        "the output of a normalisation across channels", (17, 18, 3), network=normalizing, output="lrn", channels=(1, 4)
    ),
    "many_positions": Case(
        "a total over 1600 positions of some 1000 each", (40, 40, 3), network=many_positions, channels=(2,)
    ),
    "many_positions_of_channels": Case(
        "large totals of several channels",
        (32, 45, 2),
        options(MaskSize=9, Stride=7),
        network=many_positions,
        channels=(4, 1),
    ),
    "square": Case("a square image", (24, 24, 3)),
    "square_even_mask": Case("a square image, an even mask", (26, 26), options(MaskSize=6, Stride=4)),
    "square_whole": Case(
        "a square image, whole masks", (21, 21, 3), options(MaskSize=[5, 7], Stride=3, MaskClipping="off")
    ),
    "square_nearest": Case("a square image, nearest neighbours", (23, 23, 3), options(OutputUpsampling="nearest")),
    "batch_that_does_not_divide": Case(
        "169 positions and the original, 8 at once", (13, 13, 3), options(MiniBatchSize=8)
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
    "exact_square": Case("a square image", (22, 22, 3)),
    "exact_other_strides": Case("another stride for each axis", (21, 26, 2), options(MaskSize=6, Stride=[4, 3])),
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
    "imresize_nearest_quarter": ("positions outside are mirrored", (9, 14), "uint8", 0.25, "nearest", None),
    "imresize_nearest_factor": ("positions outside are mirrored", (11, 23, 2), "double", 0.37, "nearest", None),
    "imresize_nearest_larger": ("a factor above 1", (7, 9), "int16", 1.3, "nearest", None),
    "imresize_nearest_antialiased_factor": ("the widened box, by a factor", (19, 26), "single", 0.41, "nearest", True),
    "imresize_single": ("singles are stored after each axis", (9, 12), "single", [20, 31], "bicubic", None),
    "imresize_single_shrunk": ("singles, antialiasing", (26, 21), "single", [9, 8], "bicubic", None),
    "imresize_uint32": ("an unsigned class of 32 bits", (8, 11), "uint32", [15, 6], "bicubic", None),
    "imresize_bilinear_factor": ("the triangle by a factor", (13, 10), "uint8", 0.43, "bilinear", None),
    "imresize_bilinear_plain": ("the triangle without antialiasing", (20, 17), "double", [7, 8], "bilinear", False),
    "imresize_long": ("one axis longer, one shorter", (6, 40), "double", [25, 9], "bicubic", None),
    "imresize_int32": ("a signed class", (8, 9), "int32", [13, 5], "bicubic", None),
    "imresize_double": ("doubles overshoot", (11, 11), "double", [30, 24], "bicubic", None),
    "imresize_one_row": ("one pixel high", (1, 9), "double", [5, 30], "bicubic", None),
    "imresize_same_size": ("the identity", (6, 7), "double", [6, 7], "bicubic", None),
}
