"""Where masks lie and how a map is enlarged, in rational numbers: the rules of docs/compatibility.md, nothing else."""

from fractions import Fraction

import numpy as np


def automatic_size(share, length):
    """`share` of the length, rounded half away from zero, at least 1."""
    doubled = 2 * share * length + 1
    return max(1, doubled.numerator // doubled.denominator // 2)


def mask_spans(length, mask, stride, *, clipping):
    """First and last pixel, from 1, of the masks along an axis."""
    if not clipping:
        return [(first, first + mask - 1) for first in range(1, length - mask + 2, stride)]
    firsts = [centre - mask // 2 for centre in range(1, length + 1, stride)]
    return [(max(first, 1), min(first + mask - 1, length)) for first in firsts]


def resized(values, size, method):
    """A map of rational numbers enlarged to `size`, one axis after the other; exact, so that their order is nothing."""
    for axis in (0, 1):
        matrix = weights(values.shape[axis], size[axis], method)
        values = np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
    return values


def weights(n_in, n_out, method):
    """What each of n_in values counts in each of n_out ≥ n_in: rows that sum to 1."""
    if n_out < n_in:
        raise ValueError(f"{n_in} values are not enlarged to {n_out}.")
    found = np.full((n_out, n_in), Fraction(0), dtype=object)
    for x in range(n_out):
        # The centre of pixel x of the result, in the units and from the first centre of the map.
        position = Fraction((2 * x + 1) * n_in, 2 * n_out) - Fraction(1, 2)
        for tap in range(position.__floor__() - 2, position.__floor__() + 4):
            share = KERNELS[method](abs(position - tap))
            if share:
                found[x, reflected(tap, n_in)] += share
    return found


def reflected(index, n):
    """Positions outside, 0-based, mirrored at the edges with the edge value repeated."""
    while not 0 <= index < n:
        index = -1 - index if index < 0 else 2 * n - 1 - index
    return index


def cubic(distance):
    """Keys (1981) with a = -1/2, in Horner's form."""
    if distance <= 1:
        return (Fraction(3, 2) * distance - Fraction(5, 2)) * distance * distance + 1
    if distance < 2:
        return ((Fraction(5, 2) - distance / 2) * distance - 4) * distance + 2
    return Fraction(0)


def box(distance):
    """The nearest value. Halfway between two, the last bit of a double decides: no case for exact numbers."""
    if distance == Fraction(1, 2):
        raise ValueError("A position lies halfway between two neighbours.")
    return Fraction(int(distance < Fraction(1, 2)))


KERNELS = {"bicubic": cubic, "nearest": box}
