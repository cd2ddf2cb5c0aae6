"""The slow, plain definition: loops straight from the behaviour file. The fast code is held to this.

Nothing here is imported from the package. Numbers are 1-based, as in the behaviour file, until they index an array.
"""

import math
from fractions import Fraction

import numpy as np


def matlab_round(value):
    """Half away from zero."""
    exact = Fraction(value)
    return math.floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)


def automatic(share, length):
    return max(1, matlab_round(share * length))


def ranges(length, mask, stride, clipping):
    """First and last pixel of the masks along one axis, 1-based, both included."""
    found = []
    if clipping:
        centre = 1
        while centre <= length:
            first = centre - math.floor(mask / 2)
            found.append((max(first, 1), min(first + mask - 1, length)))
            centre += stride
    else:
        first = 1
        while first <= length - mask + 1:
            found.append((first, first + mask - 1))
            first += stride
    return found


def boxes(size, mask, stride, clipping):
    """The boxes as (row0, row1, col0, col1), 0-based, ends excluded, and the shape of the map."""
    rows = ranges(size[0], mask[0], stride[0], clipping)
    cols = ranges(size[1], mask[1], stride[1], clipping)
    return [(r0 - 1, r1, c0 - 1, c1) for r0, r1 in rows for c0, c1 in cols], (len(rows), len(cols))


def mean_fill(image):
    fill = []
    for channel in range(image.shape[2]):
        total = 0.0
        for row in range(image.shape[0]):
            for col in range(image.shape[1]):
                total += float(image[row, col, channel])
        fill.append(np.float32(total / (image.shape[0] * image.shape[1])))
    return np.array(fill, dtype=np.float32)


def total(score, image, channel):
    """The sum of one output channel (1-based) over its spatial positions. `score` takes one H×W×C image."""
    output = score(image)
    return math.fsum(float(value) for value in np.asarray(output)[0, channel - 1].ravel())


def score_map(score, X, channels, *, mask=None, stride=None, fill=None, upsampling="bicubic", clipping=True):
    """The map of one network, as a function of a single image: (H, W, C) → (1, K, …)."""
    image = X.astype(np.float32)
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    size = image.shape[:2]
    mask = mask or [automatic(0.2, length) for length in size]
    stride = stride or [automatic(0.1, length) for length in size]
    fill = mean_fill(image) if fill is None else np.broadcast_to(np.float32(fill), image.shape[2:])
    all_boxes, shape = boxes(size, mask, stride, clipping)
    originals = [total(score, image, channel) for channel in channels]
    values = np.zeros((len(all_boxes), len(channels)), dtype=np.float32)
    for k, (row0, row1, col0, col1) in enumerate(all_boxes):
        occluded = image.copy()
        occluded[row0:row1, col0:col1, :] = fill
        for i, channel in enumerate(channels):
            values[k, i] = originals[i] - total(score, occluded, channel)
    result = values.reshape(*shape, len(channels))
    if upsampling != "none":
        result = np.stack([imresize(result[:, :, i], size, upsampling) for i in range(len(channels))], axis=2)
    return result[:, :, 0] if len(channels) == 1 else result


# deletion and insertion ----------------------------------------------------------------------------------------------


def ranking(values):
    """The pixels (row, col) of a map, strongest first: equal ones row after row, NaN last."""
    pixels = [(row, col) for row in range(values.shape[0]) for col in range(values.shape[1])]
    return sorted(pixels, key=lambda pixel: (1, 0) if np.isnan(values[pixel]) else (0, -float(values[pixel])))


def curve(score, X, values, channel, n_steps, *, fill=None, inserted=False):
    """Shares, scores and area as the strongest pixels are covered, or `inserted` where all others are covered."""
    image = X.astype(np.float32)
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    fill = mean_fill(image) if fill is None else np.broadcast_to(np.float32(fill), image.shape[2:])
    order = ranking(values)
    shares, scores = [], []
    for step in range(n_steps + 1):
        count = matlab_round(Fraction(step * len(order), n_steps))
        changed = image.copy()
        for pixel in order[count:] if inserted else order[:count]:
            changed[pixel] = fill
        shares.append(count / len(order))
        scores.append(total(score, changed, channel))
    trapezoids = [(shares[s + 1] - shares[s]) * (scores[s] + scores[s + 1]) / 2 for s in range(n_steps)]
    return shares, scores, math.fsum(trapezoids)


# imresize ------------------------------------------------------------------------------------------------------------


def h_bicubic(t):
    x = abs(t)
    number = type(x)  # float, or Fraction: exact
    if x <= 1:
        return number(1.5) * (x * x * x) - number(2.5) * (x * x) + 1
    if x <= 2:
        return number(-0.5) * (x * x * x) + number(2.5) * (x * x) - 4 * x + 2
    return 0 * x


def h_bilinear(t):
    return max(1 - abs(t), 0 * t)


def h_nearest(t):
    return 1 if -0.5 <= t < 0.5 else 0


def h_lanczos(lobes):
    def h(t):
        eps = 2.0**-52
        value = (math.sin(math.pi * t) * math.sin(math.pi * t / lobes) + eps) / (math.pi**2 * t**2 / lobes + eps)
        return value if abs(t) < lobes else 0.0

    return h


KERNELS = {
    "bicubic": (h_bicubic, 4),
    "cubic": (h_bicubic, 4),
    "bilinear": (h_bilinear, 2),
    "triangle": (h_bilinear, 2),
    "nearest": (h_nearest, 1),
    "box": (h_nearest, 1),
    "lanczos2": (h_lanczos(2), 4),
    "lanczos3": (h_lanczos(3), 6),
}


def mirror(tap, n):
    """A 1-based index into [1…n n…1], repeated."""
    pattern = [*range(1, n + 1), *range(n, 0, -1)]
    return pattern[(tap - 1) % (2 * n)]


def axis_weights(n_in, n_out, scale, method, antialias, number=float):
    """For each output pixel a list of (input pixel, 0-based; weight). `number` is float, or Fraction to be exact."""
    h, width = KERNELS[method]
    width = number(width)
    if antialias and scale < 1:
        width = width / scale
    rows = []
    for x in range(1, n_out + 1):
        u = number(x) / scale + number(1) / number(2) * (number(1) - number(1) / scale)
        if method == "nearest" and not (antialias and scale < 1):
            rows.append([(mirror(math.floor(u + number(1) / number(2)), n_in) - 1, number(1))])
            continue
        left = math.floor(u - width / 2)
        taps = range(left, left + math.ceil(width) + 2)
        if antialias and scale < 1:
            weights = [scale * h(scale * (u - tap)) for tap in taps]
        else:
            weights = [h(u - tap) for tap in taps]
        total = in_order(weights)
        rows.append([(mirror(tap, n_in) - 1, w / total) for tap, w in zip(taps, weights, strict=True)])
    return rows


def in_order(values):
    """The plain sum; Python's own compensates its rounding from 3.12 on."""
    total = 0
    for value in values:
        total = total + value
    return total


def stored(value, dtype):
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return min(max(matlab_round(value), limits.min), limits.max)
    return dtype.type(value)


def imresize(A, size_or_scale, method="bicubic", antialias=None, *, factors=None):
    """A 2-D array of any class but logical, resized axis by axis in double; `factors`: one for each axis, no size."""
    antialias = method != "nearest" if antialias is None else antialias
    A = np.asarray(A)
    if factors is not None or np.ndim(size_or_scale) == 0:
        scales = [float(factor) for factor in factors or (size_or_scale, size_or_scale)]
        size = [math.ceil(scale * n) for scale, n in zip(scales, A.shape, strict=True)]
    elif np.isnan(size_or_scale).any():
        (known,) = np.flatnonzero(~np.isnan(size_or_scale))
        size = [-(-int(size_or_scale[known]) * n // A.shape[known]) for n in A.shape]
        scales = [int(size_or_scale[known]) / A.shape[known]] * 2
    else:
        size = [int(n) for n in size_or_scale]
        scales = [n_out / n_in for n_out, n_in in zip(size, A.shape, strict=True)]  # Python's floats, not NumPy's
    return resized(A, size, scales, method, antialias)


def resized(A, size, scales, method, antialias):
    for axis in (0, 1) if scales[0] <= scales[1] else (1, 0):
        if scales[axis] == 1 and size[axis] == A.shape[axis]:
            continue
        lines = A if axis == 0 else A.T
        result = np.zeros((size[axis], lines.shape[1]), dtype=A.dtype)
        for i, taps in enumerate(axis_weights(lines.shape[0], size[axis], scales[axis], method, antialias)):
            for j in range(lines.shape[1]):
                result[i, j] = stored(in_order(weight * float(lines[p, j]) for p, weight in taps), A.dtype)
        A = result if axis == 0 else result.T
    return A


def exact_imresize(A, size, method):
    """Exact rational arithmetic; `A` holds Fractions. Size form, antialiasing on except for nearest."""
    A = np.asarray(A, dtype=object)
    scales = [Fraction(n_out, n_in) for n_out, n_in in zip(size, A.shape, strict=True)]
    for axis in (0, 1) if scales[0] <= scales[1] else (1, 0):
        lines = A if axis == 0 else A.T
        weights = axis_weights(lines.shape[0], size[axis], scales[axis], method, method != "nearest", Fraction)
        resized = np.array([[sum(w * line[p] for p, w in taps) for line in lines.T] for taps in weights], dtype=object)
        A = resized if axis == 0 else resized.T
    return A


def overlay(picture, values, colours, low, high, opacity):
    """Each pixel under the colour of its value, as opaque as that is strong: fully from half of the strongest on."""
    found = np.empty(picture.shape)
    strongest = max(abs(low), abs(high))
    for row, col in np.ndindex(*values.shape):
        value = values[row, col]
        if not np.isfinite(value):
            found[row, col] = picture[row, col]
            continue
        value = min(max(value, low), high)
        share = (value - low) / (high - low)
        strength = abs(value) / strongest
        alpha = opacity * min(1, strength / 0.5)
        for channel in range(3):
            colour = 255 * colours[round(share * (len(colours) - 1)), channel]
            found[row, col, channel] = (1 - alpha) * picture[row, col, channel] + alpha * colour
    return found


def middle_of_aspect(size, aspect):
    """The largest rows and columns of an image of `size` that have the aspect rows : columns, in exact numbers."""
    rows, cols = size
    ratio = Fraction(*aspect)
    if rows / Fraction(cols) > ratio:
        return cols * ratio, Fraction(cols)
    return Fraction(rows), rows / ratio


def reached(changed, kernel, stride, dilation, before, length_out):
    """Which positions of an operator's output read a changed position of its input, along one axis.

    `changed` is a list of truth values. Position o (0-based) reads o·stride - before + k·dilation, 0 ≤ k < kernel.
    """
    found = []
    for position in range(length_out):
        reads = [position * stride - before + k * dilation for k in range(kernel)]
        found.append(any(0 <= read < len(changed) and changed[read] for read in reads))
    return found


def crop(whole, patch, origin, box, start, size, fill):
    """A crop of an image, planes × rows × columns × depth, into whose box a patch that begins at `origin` is pasted."""
    planes, rows, cols, depth = whole.shape
    pasted = whole.copy()
    row0, row1, col0, col1 = box
    for row in range(row0, row1):
        for col in range(col0, col1):
            pasted[:, row, col] = patch[:, row - origin[0], col - origin[1]]
    found = np.full((planes, *size, depth), fill, dtype=whole.dtype)
    for row in range(size[0]):
        for col in range(size[1]):
            if 0 <= start[0] + row < rows and 0 <= start[1] + col < cols:
                found[:, row, col] = pasted[:, start[0] + row, start[1] + col]
    return found
