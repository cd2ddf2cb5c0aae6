"""Compute the references of the exact parity cases: in closed form, with rational numbers.

    python tools/compute_exact_cases.py

The score of these networks is linear in the image, so a mask takes away the sum, over its box, of weight · (X - fill).
The sums are differences of a table of cumulated sums, and no number is rounded before it is written. Where the masks
lie, and how the map is enlarged, exact_rules.py says, in rational numbers as well, without a line of the package or of
its tests.
"""

import json
from fractions import Fraction

import numpy as np
from case_files import CASES, references, write_array, write_json
from exact_rules import automatic_size, mask_spans, resized


def main():
    for folder in sorted(CASES.glob("exact_*")):
        compute(folder)


def compute(folder):
    case, network = (json.loads((folder / name).read_text("utf-8")) for name in ("case.json", "network.json"))
    X = array_in(json.loads((folder / "X.json").read_text("utf-8")))
    X = X[:, :, np.newaxis] if X.ndim == 2 else X
    options = case["options"]
    size = X.shape[:2]
    mask = pair(options.get("MaskSize")) or [automatic_size(Fraction(1, 5), length) for length in size]
    stride = pair(options.get("Stride")) or [automatic_size(Fraction(1, 10), length) for length in size]
    fill = fills(X, options.get("MaskValue", "auto"))
    clipping = options.get("MaskClipping", "on") == "on"
    rows, cols = (mask_spans(*axis, clipping=clipping) for axis in zip(size, mask, stride, strict=True))
    shape = (len(rows), len(cols))
    ranges = [(*row, *col) for row in rows for col in cols]
    boxes = [(first_row - 1, last_row, first_col - 1, last_col) for first_row, last_row, first_col, last_col in ranges]

    weights = linear_weights(network["Layers"][-1], X.shape)
    maps = []
    for channel in case["channelIdx"]:
        table = cumulated(weights[channel - 1] * (X - fill))
        drops = [table[r1, c1] - table[r0, c1] - table[r1, c0] + table[r0, c0] for r0, r1, c0, c1 in boxes]
        maps.append(np.array(drops, dtype=object).reshape(shape))

    method = options.get("OutputUpsampling", "bicubic")
    enlarged = maps if method == "none" else [resized(one, size, method) for one in maps]
    results = references(folder, "exact")
    write_array(results / "boxes.json", np.array(ranges, dtype=np.int32))
    write_array(results / "map.json", doubles(maps))
    write_array(results / "scoreMap.json", doubles(enlarged))
    tool = "rational arithmetic in closed form (tools/compute_exact_cases.py), rounded to double at the end"
    write_json(results / "reference.json", {"source": "exact", "tool": tool})


def array_in(content):
    """Rational numbers, exactly those of the file."""
    kind = np.float32 if content["class"] == "single" else np.float64
    exact = [Fraction(float(kind(value))) for value in content["values"]]
    return np.array(exact, dtype=object).reshape(content["size"], order="F")


def pair(value):
    return None if value in (None, "auto") else np.broadcast_to(value, 2).tolist()


def fills(X, value):
    """The fill of each channel, in single as the behaviour file has it."""
    if value != "auto":
        values = np.broadcast_to(value, X.shape[2])
    else:
        values = [float(X[:, :, channel].sum() / X[:, :, channel].size) for channel in range(X.shape[2])]
    return np.array([Fraction(float(np.float32(one))) for one in values], dtype=object)


def linear_weights(layer, size):
    """What each pixel counts in the total of each output channel: shape (outputs, rows, columns, channels)."""
    weights = array_in(layer["Weights"])
    if layer["Type"] == "fullyconnected":
        return weights.reshape(len(weights), *size)
    rows, cols, _, n_outputs = weights.shape
    (down, right), (top, bottom, left, right_edge) = layer["Stride"], layer["Padding"]
    counted = np.full((n_outputs, *size), Fraction(0), dtype=object)
    for row in range(-top, size[0] + bottom - rows + 1, down):
        for col in range(-left, size[1] + right_edge - cols + 1, right):
            for i in range(rows):
                for j in range(cols):
                    if 0 <= row + i < size[0] and 0 <= col + j < size[1]:
                        counted[:, row + i, col + j, :] += weights[i, j].T
    return counted


def cumulated(values):
    """table[r, c]: the sum over the rows before r and the columns before c, all channels."""
    table = np.full((values.shape[0] + 1, values.shape[1] + 1), Fraction(0), dtype=object)
    table[1:, 1:] = values.sum(axis=2).cumsum(axis=0).cumsum(axis=1)
    return table


def doubles(maps):
    """rows × columns, or rows × columns × channels where there are several; nearest doubles."""
    stacked = np.stack(maps, axis=2).astype(np.float64)
    return stacked[:, :, 0] if len(maps) == 1 else stacked


if __name__ == "__main__":
    main()
