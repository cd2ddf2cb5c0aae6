"""A call that export_case.m wrote in MATLAB: a .mat file, and the network as ONNX beside it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import existing_file, shown
from ..network.graph import NetworkFile
from ..options import MATLAB_OPTIONS, Environment
from .cases import Result
from .matfile import Variable, read_mat
from .stages import OcclusionCase, Stage, occlusion_stages

# Two implementations of a network in single differ by float noise, which a map of small range shows enlarged.
TOLERANCE: Mapping[str, float] = MappingProxyType(
    {"boxes": 0, "network": 1e-3, "map": 1e-3, "imresize": 1e-5, "call": 1e-3}
)
# A kind of layers (MATLAB's class without "Layer", in small letters and without its dimension) → the operators of ONNX.
_OPERATORS = {
    "convolution": ("Conv",),
    "groupedconvolution": ("Conv",),
    "fullyconnected": ("Gemm", "MatMul"),
    "relu": ("Relu",),
    "leakyrelu": ("LeakyRelu",),
    "clippedrelu": ("Clip",),
    "sigmoid": ("Sigmoid",),
    "tanh": ("Tanh",),
    "maxpooling": ("MaxPool",),
    "averagepooling": ("AveragePool",),
    "globalaveragepooling": ("GlobalAveragePool", "ReduceMean"),
    "globalmaxpooling": ("GlobalMaxPool", "ReduceMax"),
    "batchnorm": ("BatchNormalization",),
    "batchnormalization": ("BatchNormalization",),
    "crosschannelnorm": ("LRN",),
    "crosschannelnormalization": ("LRN",),
    "addition": ("Add", "Sum"),
    "depthconcatenation": ("Concat",),
    "concatenation": ("Concat",),
    "dropout": ("Dropout",),
    "softmax": ("Softmax",),
}
_CLASSES = {"float32": "single", "float64": "double"}
_NAMES = {"matlab": "MATLAB", "octave": "Octave"}
# What export_case.m writes.
_VARIABLES = (
    *("source", "tool", "network", "OutputNames", "layerKind", "layerPosition", "X", "channelIdx", *MATLAB_OPTIONS),
    *("boxes", "totals", "map", "scoreMap"),
)


def run_exported(mat_file: str, environment: Environment | None = None) -> Result:
    """Compare the call in a .mat file with this package, in that ExecutionEnvironment."""
    file = existing_file("CASES", mat_file)
    variables: dict[str, Variable] = {}
    stages: list[Stage] = []
    problem = renamed = ""
    try:
        variables = read_mat(file, _VARIABLES)
        case, renamed = _case(file, variables)
        if environment is not None:
            case = replace(case, options={**case.options, "ExecutionEnvironment": environment})
        stages = occlusion_stages(case)
    except (ValueError, TypeError, RuntimeError, FileNotFoundError, MemoryError) as error:
        problem = f"fails: {error}"
    source, tool = (_text(variables, name) or "" for name in ("source", "tool"))
    return Result(
        name=mat_file,
        source=source if source in _NAMES else "?",
        tool=" ".join(tool.split()),
        stages=stages,
        problem=problem,
        note=renamed,
        tolerance=TOLERANCE,
    )


def explanation(result: Result) -> str:
    """Where the difference starts, in words."""
    if result.problem:
        return result.problem
    return f"{result.note} {_compared(result)}".strip()


def _compared(result: Result) -> str:
    who = _NAMES.get(result.source, "the reference")
    stage = result.first_difference
    if stage is None:
        compared = ", ".join(stage.name for stage in result.stages)
        return f"This package gives the numbers of {who}: {compared} agree."
    return _WORDS[stage.name](stage, who)


def _case(file: Path, variables: Mapping[str, Variable]) -> tuple[OcclusionCase, str]:
    """The call, and what there is to say of the name of its layer."""

    def optional(name: str) -> NDArray[Any] | None:
        variable = variables.get(name)
        if isinstance(variable, str):
            msg = f"{file}: variable {name} must be a numeric array, but is {shown(variable)}."
            raise ValueError(msg)
        return variable

    def required(name: str) -> NDArray[Any]:
        variable = optional(name)
        if variable is None:
            found = ", ".join(sorted(variables)) or "none"
            msg = (
                f"{file}: variable {name} must be a numeric array, but is missing or of another class; found: {found}."
            )
            raise ValueError(msg)
        return variable

    # Beside the file, under the name that it had there, or the one that it has now.
    named = Path((_text(variables, "network") or "").replace("\\", "/")).name
    network = file.with_name(named or f"{file.stem}.onnx")
    if not network.is_file():
        network = file.with_suffix(".onnx")
    output = _text(variables, "OutputNames") or None
    case = OcclusionCase(
        network=network,
        X=required("X"),
        channels=required("channelIdx"),
        options={name: variables[name] for name in MATLAB_OPTIONS if name in variables},
        boxes=optional("boxes"),
        totals=optional("totals"),
        score_drops=optional("map"),
        score_map=required("scoreMap"),
        tolerance=TOLERANCE,
    )
    if not network.is_file():
        msg = f"{file}: the network must be beside it, but there is no file {str(network)!r}."
        raise FileNotFoundError(msg)
    found = _layer_by_position(network, output, variables)
    if found is None:
        return replace(case, output=output), ""
    return replace(case, output=found), f"The layer {output!r} is called {found!r} in the ONNX file, by its position."


def _layer_by_position(network: Path, output: str | None, variables: Mapping[str, Variable]) -> str | None:
    """The name that the scored layer has in the file, where the one that it had in MATLAB is gone; else None."""
    if output is None:
        return None
    file = NetworkFile(network)
    try:
        file.tensor_named(output)
        return None
    except ValueError:
        kind = re.sub(r"(2d|3d)?layer$|[23]d$", "", (_text(variables, "layerKind") or "").lower())
        position = np.asarray(variables.get("layerPosition", 0)).reshape(-1)
        named = [layer.Name for layer in file.layers() if layer.Type in _OPERATORS.get(kind, ())]
        at = int(position[0]) - 1 if position.size and position.dtype.kind in "buif" else -1
        return named[at] if 0 <= at < len(named) else None


def _text(variables: Mapping[str, Variable], name: str) -> str | None:
    variable = variables.get(name)
    return variable if isinstance(variable, str) else None


def _boxes_words(stage: Stage, who: str) -> str:
    start = "The difference starts with the boxes, so MaskSize, Stride or MaskClipping do not mean the same"
    if stage.expected.shape != stage.found.shape:
        return f"{start}: {who} has {len(stage.expected)} masks, this package {len(stage.found)}."
    k = int(np.argmax((stage.expected != stage.found).any(axis=1)))
    one, other = (
        "rows {} to {}, columns {} to {}".format(*(int(edge) for edge in boxes[k]))
        for boxes in (stage.expected, stage.found)
    )
    return f"{start}: mask {k + 1} covers {one} in {who}, and {other} here."


def _network_words(stage: Stage, who: str) -> str:
    k = int(np.argmax(_apart(stage)))
    return (
        "The boxes agree; the difference starts with the network's outputs: for the image without any mask, entry "
        f"{k + 1} of channelIdx scores {stage.expected[k]:.6g} in {who}, and {stage.found[k]:.6g} here. The ONNX file "
        "holds another network, or its input is normalised otherwise."
    )


def _maps_words(stage: Stage, who: str) -> str:
    start = _STARTS[stage.name]
    if stage.expected.dtype != stage.found.dtype:
        one, other = (_CLASSES.get(maps.dtype.name, maps.dtype.name) for maps in (stage.expected, stage.found))
        return f"{start}: the map is of class {one} in {who}, and {other} here."
    if stage.expected.shape != stage.found.shape:
        return f"{start}: the map has shape {stage.expected.shape} in {who}, and {stage.found.shape} here."
    return f"{start}: {_worst_words(stage, who)}"


def _worst_words(stage: Stage, who: str) -> str:
    worst = np.unravel_index(int(np.argmax(_apart(stage))), stage.expected.shape)
    row, col, k = (int(index) for index in worst)
    one, other = stage.expected[row, col, k], stage.found[row, col, k]
    return (
        f"row {row + 1}, column {col + 1} of the map for entry {k + 1} of channelIdx is {one:.6g} in {who}, and "
        f"{other:.6g} here."
    )


def _apart(stage: Stage) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.abs(stage.expected.astype(np.float64) - stage.found), nan=np.inf)


_STARTS = {
    "map": "The boxes and the score of the whole image agree; the difference starts with the occluded images, so the "
    "fill (MaskValue) may not mean the same",
    "imresize": "The map before upsampling agrees; the difference starts with the upsampling",
    "call": "Each stage that could be compared on its own agrees; the difference is in the whole call",
}
_WORDS = {"boxes": _boxes_words, "network": _network_words} | dict.fromkeys(_STARTS, _maps_words)
