"""Mutants of imresize: the plain reference, changed in one place, where the kernel is."""

import functools
import math

import numpy as np

import reference
from occlusion_sensitivity.devices import cpu


def plain_imresize(image, rows, cols, scale, method, *, antialiasing):
    """The reference, with the signature of devices.cpu.imresize."""
    planes = [
        reference.resized(image[:, :, k], (rows, cols), scale, method, antialiasing) for k in range(image.shape[2])
    ]
    return np.stack(planes, axis=2)


def imresize(*changes):
    """The reference in the kernel's place, with `changes`: (name in reference, what replaces it)."""

    def perturb(patch):
        patch(cpu.CPU, "imresize", plain_imresize)
        for name, changed in changes:
            patch(reference, name, changed)

    return perturb


def keys(a):
    """Keys' kernel with another parameter."""

    def h(t):
        x = abs(t)
        if x <= 1:
            return (a + 2) * x**3 - (a + 3) * x**2 + 1
        return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x <= 2 else 0.0

    return h


def kernels(**changed):
    return ("KERNELS", {**reference.KERNELS, **changed})


def positions(change):
    """Weights at other positions: those of output pixel change(x, n_in, n_out, scale)."""
    original = reference.axis_weights

    @functools.wraps(original)
    def mutant(n_in, n_out, scale, method, antialias, number=float):
        rows = []
        for x in range(1, n_out + 1):
            # A single output pixel, whose u is the one wanted: x/scale + (1 - 1/scale)/2 solved for x.
            u = change(x, n_in, n_out, scale)
            rows.append(_weights_at(u, n_in, scale, method, antialias))
        return rows

    return ("axis_weights", mutant)


def _weights_at(u, n_in, scale, method, antialias):
    h, width = reference.KERNELS[method]
    widened = antialias and scale < 1
    if method == "nearest" and not widened:
        return [(reference.mirror(math.floor(u + 0.5), n_in) - 1, 1.0)]
    width = width / scale if widened else width
    left = math.floor(u - width / 2)
    taps = range(left, left + math.ceil(width) + 2)
    weights = [scale * h(scale * (u - tap)) if widened else h(u - tap) for tap in taps]
    return [(reference.mirror(tap, n_in) - 1, w / sum(weights)) for tap, w in zip(taps, weights, strict=True)]


def centred(x, n_in, n_out, scale):
    return x / scale + 0.5 * (1 - 1 / scale)


def integer_nearest(n_in, n_out, scale, method, antialias, number=float):
    if method == "nearest" and n_out >= n_in:
        return [[((2 * x - 1) * n_in // (2 * n_out), 1.0)] for x in range(1, n_out + 1)]
    return axis_weights(n_in, n_out, scale, method, antialias, number)


axis_weights = reference.axis_weights


def nearest_cut_to_the_image(n_in, n_out, scale, method, antialias, number=float):
    if method == "nearest" and not (antialias and scale < 1):
        u = [centred(x, n_in, n_out, scale) for x in range(1, n_out + 1)]
        return [[(min(max(math.floor(one + 0.5), 1), n_in) - 1, 1.0)] for one in u]
    return axis_weights(n_in, n_out, scale, method, antialias, number)


def columns_first(A, size, scales, method, antialias):
    turned = _resized(A.T, size[::-1], scales[::-1], method, antialias)
    return turned.T


_resized = reference.resized


def rounded_once(A, size, scales, method, antialias):
    if not np.issubdtype(A.dtype, np.integer):
        return _resized(A, size, scales, method, antialias)
    exact = _resized(A.astype(np.float64), size, scales, method, antialias)
    limits = np.iinfo(A.dtype)
    return np.array([min(max(reference.matlab_round(v), limits.min), limits.max) for v in exact.flat], A.dtype).reshape(
        exact.shape
    )


def cut_to_the_range(A, size, scales, method, antialias):
    return _resized(A, size, scales, method, antialias).clip(A.min(), A.max())


def stored_once(A, size, scales, method, antialias):
    return _resized(A.astype(np.float64), size, scales, method, antialias).astype(A.dtype)


def single_weights(*how):
    return [[(pixel, float(np.float32(weight))) for pixel, weight in row] for row in axis_weights(*how)]


def floor_of_a_half_more(value, dtype):
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return min(max(math.floor(value + 0.5), limits.min), limits.max)
    return dtype.type(value)


def half_even(value, dtype):
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return min(max(round(value), limits.min), limits.max)
    return dtype.type(value)
