"""Random small networks, of the operators that incremental inference knows, and of some that it does not."""

import numpy as np
from onnx import helper

from networks import save


class RandomNetwork:
    """Layers that are given one after another, each from one or two of those before.

    Attributes
    ----------
    size : (int, int)
        Of the images.
    channels : int
    """

    def __init__(self, rng, *, spatial=False):
        self.rng = rng
        self.size = tuple(int(n) for n in rng.integers(9, 33, 2))
        self.channels = int(rng.integers(1, 4))
        self.nodes, self.constants = [], {}
        # Name → (channels, rows, columns).
        self.shapes = {"image": (self.channels, *self.size)}
        self._spatial = spatial
        # Whether ONNX Runtime and the standard do not agree about the size of the last layer.
        self._is_ambiguous = False
        for _ in range(rng.integers(2, 9)):
            makers = [
                self.conv,
                self.conv,
                self.conv,
                self.pool,
                self.pool,
                self.pointwise,
                self.add,
                self.concat,
                self.pad,
            ]
            makers[rng.integers(len(makers))]()
            if self._is_ambiguous:
                break

    def save(self, file):
        last = self.names[-1]
        if self._spatial:
            self.node("Conv", [last, self.constant((2, self.shapes[last][0], 1, 1))], (2, *self.shapes[last][1:]), "y")
            return save(
                file, self.nodes, self.constants, {"image": ["N", *self.shapes["image"]]}, {"y": ["N", 2, "h", "w"]}
            )
        if self._is_ambiguous:
            self.node("GlobalAveragePool", [last], (self.shapes[last][0], 1, 1))
        names = [self.names[-1]]
        if self.flag(0.3):  # the image itself, or an inner layer
            names.append(self.names[self.rng.integers(len(self.names) - 2 * self._is_ambiguous)])
        for k, name in enumerate(names):
            values = int(np.prod(self.shapes[name]))
            self.nodes.append(helper.make_node("Flatten", [name], [f"flat{k}"], axis=1))
            self.nodes.append(helper.make_node("Gemm", [f"flat{k}", self.constant((values, 3))], [f"score{k}"]))
        self.nodes.append(helper.make_node("Sum", [f"score{k}" for k in range(len(names))], ["y"]))
        return save(file, self.nodes, self.constants, {"image": ["N", *self.shapes["image"]]}, {"y": ["N", 3]})

    @property
    def names(self):
        return list(self.shapes)

    def constant(self, shape, low=None):
        name = f"constant{len(self.constants)}"
        values = self.rng.normal(size=shape) / np.sqrt(max(np.prod(shape[1:]), 1))
        self.constants[name] = (values if low is None else low + np.abs(values)).astype(np.float32)
        return name

    def node(self, operator, inputs, shape, name=None, **attributes):
        name = name or f"layer{len(self.shapes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        self.shapes[name] = shape

    def some(self):
        """The last layer, most of the time."""
        return self.names[-1] if self.rng.random() < 0.7 else self.names[self.rng.integers(len(self.names))]

    def flag(self, share=0.5):
        return bool(self.rng.random() < share)

    def _window(self, size, kernels, *, dilated, ceil):
        """Attributes of a window, and the size of what it gives; None where nothing is left."""
        rng = self.rng
        kernel = [int(rng.integers(*kernels)) for _ in range(2)]
        strides = [int(n) for n in rng.choice([1, 1, 2, 3], 2)]
        dilations = [int(n) for n in rng.integers(1, 3, 2)] if dilated and self.flag(0.3) else [1, 1]
        how = {"kernel_shape": kernel, "strides": strides}
        if dilated:
            how["dilations"] = dilations
        pads, mode = [0, 0, 0, 0], rng.choice(["none", "uneven", "same", "SAME_UPPER", "SAME_LOWER", "VALID"])
        ceil = ceil and self.flag() and not mode.startswith("SAME_")
        if mode.startswith("SAME_"):
            dilations[:] = [1, 1]  # ONNX Runtime does not have both
        spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        if mode == "uneven":
            pads = [int(rng.integers(0, k)) for k in kernel * 2]
        if mode == "same":
            pads = [(span - 1) // 2 for span in spans] + [span // 2 for span in spans]
            pads = [min(pad, k - 1) if not dilated else pad for pad, k in zip(pads, kernel * 2, strict=True)]
        out = []
        for axis in (0, 1):
            length, stride = size[axis], strides[axis]
            if mode.startswith("SAME_"):
                out.append(-(-length // stride))
                if not dilated and (out[-1] - 1) * stride + spans[axis] < length:
                    return None  # ONNX Runtime takes no negative padding
                continue
            room = length + pads[axis] + pads[axis + 2] - spans[axis]
            if room < 0:
                return None
            count = (-(-room // stride) if ceil else room // stride) + 1
            if ceil and (count - 1) * stride >= length + pads[axis]:
                return None  # how many these are, shape inference and ONNX Runtime do not agree about
            out.append(count)
        if mode.startswith(("SAME_", "VALID")):
            if mode == "VALID" and min(length - span for length, span in zip(size, spans, strict=True)) < 0:
                return None
            how["auto_pad"] = str(mode)
        else:
            how["pads"] = pads
        if ceil:
            how["ceil_mode"] = 1
        self._is_ambiguous = ceil and mode == "VALID"
        return how, tuple(out)

    def conv(self):
        source = self.some()
        channels, *size = self.shapes[source]
        found = self._window(size, (1, 5), dilated=True, ceil=False)
        if found is None:
            return
        how, out = found
        groups = int(self.rng.choice([g for g in (1, 1, 2, channels) if channels % g == 0]))
        given = (
            groups * int(self.rng.integers(1, 4))
            if self.flag()
            else int(np.lcm(groups, 8)) * int(self.rng.integers(1, 3))
        )
        inputs = [source, self.constant((given, channels // groups, *how["kernel_shape"]))]
        if self.flag():
            inputs.append(self.constant((given,)))
        self.node("Conv", inputs, (given, *out), group=groups, **how)
        if self.flag():
            self.node("Relu", [self.names[-1]], (given, *out))

    def pool(self):
        source = self.some()
        if source.startswith("padded"):
            return  # ONNX Runtime 1.23 pads in the pooling, and refuses what its kernel is too small for
        channels, *size = self.shapes[source]
        found = self._window(size, (1, 4), dilated=False, ceil=True)
        if found is None:
            return
        how, out = found
        if self.flag():
            self.node("MaxPool", [source], (channels, *out), **how)
        else:
            self.node("AveragePool", [source], (channels, *out), count_include_pad=int(self.flag()), **how)

    def pointwise(self):
        source = self.some()
        shape = self.shapes[source]
        channels = shape[0]
        kind = self.rng.choice(
            ["Relu", "LeakyRelu", "Clip", "PRelu", "BatchNormalization", "LRN", "Sigmoid", "Mul", "Sub"]
        )
        if kind == "Clip":
            self.constants.setdefault("low", np.float32(-0.5))
            self.constants.setdefault("high", np.float32(0.8))
            self.node("Clip", [source, "low", "high"], shape)
        elif kind == "PRelu":
            self.node("PRelu", [source, self.constant((channels, 1, 1))], shape)
        elif kind == "BatchNormalization":
            parameters = [self.constant((channels,)) for _ in range(3)]
            self.node(kind, [source, *parameters, self.constant((channels,), low=0.5)], shape)
        elif kind == "LRN":
            self.node("LRN", [source], shape, size=3, alpha=0.1)
        elif kind in ("Mul", "Sub"):
            self.node(kind, [source, self.constant((1, channels, 1, 1))], shape)
        else:
            self.node(kind, [source], shape)

    def pad(self):
        source = self.some()
        channels, rows, cols = self.shapes[source]
        top, left, bottom, right = (int(n) for n in self.rng.integers(0, 4, 4))
        name = f"pads{len(self.constants)}"
        self.constants[name] = np.array([0, 0, top, left, 0, 0, bottom, right])
        value = self.constant(()) if self.flag() else None
        inputs = [source, name] if value is None else [source, name, value]
        self.node("Pad", inputs, (channels, top + rows + bottom, left + cols + right), f"padded{len(self.shapes)}")

    def _alike(self, *, channels):
        """A layer, and one of its size that is not necessarily another; None where a stride came between."""
        one = self.names[-1]
        wanted = self.shapes[one] if channels else self.shapes[one][1:]
        others = [name for name, shape in self.shapes.items() if (shape if channels else shape[1:]) == wanted]
        return one, others[self.rng.integers(len(others))]

    def add(self):
        one, other = self._alike(channels=True)
        self.node(
            str(self.rng.choice(["Add", "Add", "Mul", "Max"])),
            [one, other][:: self.rng.choice([1, -1])],
            self.shapes[one],
        )

    def concat(self):
        one, other = self._alike(channels=False)
        (a, *size), (b, *_) = self.shapes[one], self.shapes[other]
        self.node("Concat", [one, other], (a + b, *size), axis=1)
