"""What work costs: a model of it, to compare ways to compute the same with. Only ratios of its seconds matter."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .operators import Size
from .stages import Division, Layer, Stage

if TYPE_CHECKING:
    from onnx import NodeProto

# Seconds for a multiplication, for a value that a node gives, and for one that is cut out. Measured on one thread of an
# AMD EPYC, from all stages of eight networks, on whole images and on crops: the time of nine of ten is within 10 %.
_MULTIPLICATION, _VALUE, _CUT = 1 / 56e9, 1 / 8.8e9, 1 / 5e9
# Seconds for an input and for a node of a stage that is run, however small, and for what is around the stages of a run.
# They are spent in Python, by one thread at a time.
_INPUT, _NODE, _AROUND = 60e-6, 3.5e-6, 250e-6


def work(stage: Stage, layers: Mapping[str, Layer], size: Size) -> float:
    """Seconds for the stage where it is computed for so many rows and columns."""
    values = sum(layers[name].channels for name in stage.tensors)
    return math.prod(size) * (stage.multiplications * _MULTIPLICATION + values * _VALUE)


def work_on_whole(stage: Stage, layers: Mapping[str, Layer]) -> float:
    """Seconds for the stage on a whole image."""
    return work(stage, layers, layers[stage.gives[0]].size)


def cut_work(layer: Layer, size: Size) -> float:
    """Seconds to cut so many rows and columns out of a layer."""
    return layer.channels * math.prod(size) * _CUT


def run_work(stages: Sequence[Stage]) -> NDArray[np.float64]:
    """Seconds for a run of the first 0, 1, … of the stages, however small."""
    each = [_INPUT * (1 + len(stage.beside)) + _NODE * len(stage.nodes) for stage in stages]
    return np.append(0.0, np.cumsum(each)) + _AROUND


def rest_work(nodes: "Iterable[NodeProto]", shapes: Mapping[str, Sequence[int]]) -> float:
    """Seconds for nodes that are computed as a whole: their products, as far as shapes are known."""
    found = 0
    for node in nodes:
        of_inputs, of_output = [shapes.get(name, ()) for name in node.input], shapes.get(node.output[0], ())
        if node.op_type == "Conv":
            found += math.prod(of_inputs[1]) * math.prod(of_output[2:])
        elif node.op_type in ("Gemm", "MatMul") and all(of_inputs[:2]):
            found += math.prod(of_output[1:]) * of_inputs[0][-1]
    return found * _MULTIPLICATION


def multiplications(division: Division) -> int:
    """Of all stages, on a whole image."""
    return sum(stage.multiplications * math.prod(division.layers[stage.gives[0]].size) for stage in division.stages)


def uncounted_work(plain: Division, optimised: Division) -> float:
    """Seconds for what is in no stage of an optimised graph, whose plain form has it in stages."""
    return max(0, multiplications(plain) - multiplications(optimised)) * _MULTIPLICATION
