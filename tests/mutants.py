"""What a port could get wrong: the package with one rule changed, and parity cases that see it.

Each mutant is a function of `patch` (monkeypatch.setattr). Those of imresize put the plain reference, changed in one
place, where the kernel is; the reference unchanged agrees with every case.
"""

import copy
from dataclasses import dataclass

import numpy as np

import reference
from imresize_mutants import (
    axis_weights,
    centred,
    columns_first,
    cut_to_the_range,
    floor_of_a_half_more,
    half_even,
    imresize,
    integer_nearest,
    kernels,
    keys,
    nearest_cut_to_the_image,
    positions,
    rounded_once,
    single_weights,
    stored_once,
)
from occlusion_sensitivity import grid, occlusion, options, perturbations
from occlusion_sensitivity.devices import cpu
from occlusion_sensitivity.network.legacy import DAGNetwork
from occlusion_sensitivity.network.network import Network


@dataclass(frozen=True)
class Mutant:
    """`caught_by`: cases that must not agree."""

    rule: str
    perturb: object
    caught_by: tuple


# Where the masks lie -------------------------------------------------------------------------------------------------


def ranges(first, *, keep_size=False):
    """grid._spans, whose first pixels are those of `first(length, mask, stride, clipping)`."""

    def mutant(length, mask, stride, *, clipping):
        start = np.array(first(length, mask, stride, clipping))
        if keep_size:
            start = start.clip(0, length - mask)
        return np.stack([start, start + mask], axis=1).clip(0, length).astype(np.int32)

    return lambda patch: patch(grid, "_spans", mutant)


def plain(length, mask, stride, clipping):
    return np.arange(0, length, stride) - mask // 2 if clipping else np.arange(0, length - mask + 1, stride)


def shifted(by):
    return ranges(lambda *how: plain(*how) + by)


def stride_changed(by):
    return ranges(lambda length, mask, stride, clipping: plain(length, mask, max(1, stride + by), clipping))


def even_centre(length, mask, stride, clipping):
    return plain(length, mask, stride, clipping) + (clipping and mask % 2 == 0)


def from_the_first_whole_mask(length, mask, stride, clipping):
    return plain(length, mask, stride, clipping) + (mask // 2 if clipping else 0)


def across_the_edge(length, mask, stride, clipping):
    return plain(length, mask, stride, True) + mask // 2 if not clipping else plain(length, mask, stride, True)


def swapped_axes(name):
    def perturb(patch):
        original = getattr(options, name)
        patch(options, name, lambda *arguments: original(*arguments)[::-1])

    return perturb


# Fill, channels, totals ----------------------------------------------------------------------------------------------


def fill(change):
    """options._fill, changed: change(fill, value as typed, image)."""

    def perturb(patch):
        original = options._fill
        patch(options, "_fill", lambda name, value, image: change(original(name, value, image), value, image))

    return perturb


def mean_of_all_channels(fills, value, image):
    return np.full_like(fills, image.mean()) if value == "auto" else fills


def totals(reduce):
    def mutant(output, channels):
        chosen = output[:, channels].astype(np.float64)
        return reduce(chosen.reshape(*chosen.shape[:2], -1))

    return lambda patch: patch(cpu.CPU, "channel_totals", mutant)


def one_after_another_in_single(chosen):
    total = np.zeros(chosen.shape[:2], dtype=np.float32)
    for position in range(chosen.shape[2]):
        total += chosen[:, :, position].astype(np.float32)
    return total.astype(np.float64)


def fill_behind_the_normalisation(patch):
    """The image is normalised, what covers it is not."""
    original = Network.arranged

    def mutant(network, image):
        is_fill = image.strides[:2] == (0, 0) and image.size > image.shape[2]
        return original(unnormalised(network) if is_fill else network, image)

    def unnormalised(network):
        changed = copy.copy(network)
        changed._normalized = lambda image: image
        return changed

    patch(Network, "arranged", mutant)


def labels_in_order(patch):
    original = DAGNetwork.channels_of
    patch(DAGNetwork, "channels_of", lambda net, label: sorted(original(net, label)))


def drops(change):
    def perturb(patch):
        original = occlusion.score_drops

        def mutant(*arguments):
            found, totals = original(*arguments)
            return change(found), totals

        patch(occlusion, "score_drops", mutant)

    return perturb


def channel_after(patch):
    def mutant(value, n_channels):
        return (original(value, n_channels) + 1) % n_channels

    original = occlusion.parse_channels
    patch(occlusion, "parse_channels", mutant)


def masks_left_in_place(patch):
    """Painted, but not restored; one run after another, so that it is always the same images that are too dark."""
    patch(cpu.Cpu, "runs_at_once", 1)
    patch(perturbations.Boxes, "restore", lambda *_: None)


MUTANTS = (
    Mutant("masks one pixel lower and further right", shifted(1), ("mask_odd", "whole_even", "exact_defaults")),
    Mutant("masks one pixel higher and further left", shifted(-1), ("mask_even", "whole_odd", "exact_defaults")),
    Mutant(
        "the centre of an even mask is its first middle pixel",
        ranges(even_centre),
        ("mask_even", "mask_odd_even", "mask_even_odd", "exact_even_mask"),
    ),
    Mutant(
        "the first mask begins at the corner though clipping is on",
        ranges(from_the_first_whole_mask),
        ("mask_odd", "defaults_25x20x3"),
    ),
    Mutant("masks at the edges keep their size", ranges(plain, keep_size=True), ("mask_odd", "clipping_true")),
    Mutant(
        "clipping off: masks across the edge are cut, not left out",
        ranges(across_the_edge),
        ("whole_with_a_rest", "mask_of_the_image_whole", "exact_whole"),
    ),
    Mutant("stride one larger", stride_changed(1), ("stride_pair", "published_map_size_stride_18", "exact_defaults")),
    Mutant("stride one smaller", stride_changed(-1), ("stride_pair", "published_map_size_stride_18", "exact_defaults")),
    Mutant(
        "Python's round (half to even) of automatic sizes",
        lambda patch: patch(options, "round_half_away", round),
        ("defaults_25x20x3", "defaults_15x45", "exact_defaults"),
    ),
    Mutant(
        "rows and columns of MaskSize swapped",
        swapped_axes("_mask_size"),
        ("mask_odd_even", "one_row", "exact_even_mask"),
    ),
    Mutant(
        "fill rounded", fill(lambda fills, *_: np.rint(fills)), ("fill_fraction", "defaults_25x20x3", "exact_defaults")
    ),
    Mutant(
        "fill rounded to X's class, the automatic one alone",
        fill(lambda fills, value, image: np.rint(fills) if value == "auto" else fills),
        ("class_uint8", "class_int8", "exact_defaults"),
    ),
    Mutant("one mean for all channels", fill(mean_of_all_channels), ("defaults_25x20x3", "exact_defaults")),
    Mutant(
        "the first fill for all channels",
        fill(lambda fills, *_: np.full_like(fills, fills[0])),
        ("fill_vector", "two_channels", "exact_fill"),
    ),
    Mutant(
        "the mean of the positions, not their sum", totals(lambda c: c.mean(axis=2)), ("spatial_output", "inner_layer")
    ),
    Mutant("the largest of the positions", totals(lambda c: c.max(axis=2)), ("spatial_channels", "exact_spatial")),
    Mutant("sums in single", totals(one_after_another_in_single), ("many_positions", "many_positions_of_channels")),
    Mutant(
        "differences of singles",
        totals(lambda c: c.sum(axis=2).astype(np.float32).astype(np.float64)),
        ("many_positions", "many_positions_of_channels"),
    ),
    Mutant(
        "the mask laid behind the normalisation",
        fill_behind_the_normalisation,
        ("layer_zerocenter", "layer_zscore", "layer_rescale_zero_one", "layer_rescale_symmetric"),
    ),
    Mutant("labels in the order of the channels", labels_in_order, ("labels",)),
    Mutant("occluded minus original", drops(np.negative), ("mask_odd", "exact_whole")),
    Mutant("negative values cut off", drops(lambda d: d.clip(0)), ("mask_odd", "exact_defaults")),
    Mutant("channels counted from 0", channel_after, ("channels_3_1_2", "exact_channels")),
    Mutant(
        "masks not taken away again",
        masks_left_in_place,
        ("batch_of_one", "batch_of_seven", "stride_one", "exact_defaults"),
    ),
    Mutant("bicubic with a = -0.75", imresize(kernels(bicubic=(keys(-0.75), 4))), ("mask_odd", "exact_defaults")),
    Mutant("bicubic with a = -0.51", imresize(kernels(bicubic=(keys(-0.51), 4))), ("mask_odd", "exact_defaults")),
    Mutant(
        "bilinear where bicubic is asked for",
        imresize(kernels(bicubic=(reference.h_bilinear, 2))),
        ("mask_odd", "imresize_double"),
    ),
    Mutant(
        "replicated edges",
        imresize(("mirror", lambda tap, n: min(max(tap, 1), n))),
        ("mask_odd", "tall", "wide", "exact_defaults", "imresize_uint8_enlarged"),
    ),
    Mutant(
        "edges mirrored without repeating the edge pixel",
        imresize(("mirror", lambda tap, n: 1 + abs((tap - 1 + n - 1) % max(2 * n - 2, 1) - (n - 1)))),
        ("mask_odd", "exact_defaults"),
    ),
    Mutant(
        "corners aligned",
        imresize(positions(lambda x, n_in, n_out, scale: 1 + (x - 1) * (n_in - 1) / max(n_out - 1, 1))),
        ("mask_odd", "exact_defaults"),
    ),
    Mutant(
        "positions half a pixel away",
        imresize(positions(lambda x, n_in, n_out, scale: centred(x, n_in, n_out, scale) + 0.5)),
        ("mask_odd", "exact_defaults", "nearest_20x15x3"),
    ),
    Mutant(
        "positions half a pixel of the result away",
        imresize(positions(lambda x, n_in, n_out, scale: centred(x + 0.5, n_in, n_out, scale))),
        ("mask_odd", "exact_defaults", "exact_nearest"),
    ),
    Mutant(
        "positions without the half-pixel centre",
        imresize(positions(lambda x, n_in, n_out, scale: x / scale)),
        ("mask_odd", "exact_defaults", "nearest_23x47"),
    ),
    Mutant("nearest neighbours by integer arithmetic", imresize(("axis_weights", integer_nearest)), ("nearest_23x47",)),
    Mutant(
        "nearest neighbours outside cut to the image",
        imresize(("axis_weights", nearest_cut_to_the_image)),
        ("imresize_nearest_quarter", "imresize_nearest_factor"),
    ),
    Mutant("the map cut to its range", imresize(("resized", cut_to_the_range)), ("mask_odd", "exact_defaults")),
    Mutant(
        "no antialiasing",
        imresize(("axis_weights", lambda *how: axis_weights(*how[:4], False))),
        ("imresize_uint8_shrunk", "imresize_small_factor", "imresize_nearest_antialiased"),
    ),
    Mutant("columns first", imresize(("resized", columns_first)), ("imresize_tie",)),
    Mutant("integers rounded once, at the end", imresize(("resized", rounded_once)), ("imresize_uint8_enlarged",)),
    Mutant(
        "singles stored once, at the end", imresize(("resized", stored_once)), ("mask_odd", "imresize_bilinear_shrunk")
    ),
    Mutant("weights in single", imresize(("axis_weights", single_weights)), ("mask_odd", "imresize_double")),
    Mutant("floor(x + 0.5) below zero", imresize(("stored", floor_of_a_half_more)), ("imresize_negative_tie",)),
    Mutant("integers rounded half to even", imresize(("stored", half_even)), ("imresize_tie",)),
)
