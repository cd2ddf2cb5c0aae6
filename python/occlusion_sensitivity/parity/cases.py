"""The parity cases of compat_fixtures: read, checked against their hashes, run."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import expected
from ..colormaps import jet
from ..grid import mask_grid
from ..images import Image
from ..name_values import NameValues
from ..network.dlnetwork import importNetworkFromONNX
from ..network.layers import ImageInputLayer, imageInputLayer
from ..occlusion import occlusionSensitivity
from ..options import MATLAB_OPTIONS, Environment, OcclusionOptions
from ..resizing import imresize
from .matfile import CLASSES
from .stages import Array, OcclusionCase, Stage, array_stage, boxes_stage, occlusion_stages

MANIFEST = "manifest.json"
# In the folder of a case, a folder for each source.
REFERENCES = "references"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a case.

    Attributes
    ----------
    source : {"matlab", "octave", "exact", "documentation"}
        Who computed the reference.
    problem : str
        Why the case could not be compared; empty where it was.
    refusal : str
        What the reference said, where both made the call an error, as it should be; else empty.
    note : str
        What else there is to say.
    """

    name: str
    source: str
    stages: Sequence[Stage] = ()
    problem: str = ""
    refusal: str = ""
    note: str = ""
    tool: str = ""
    tolerance: Mapping[str, float] = field(default_factory=dict)

    @property
    def first_difference(self) -> Stage | None:
        """The stage at which the difference starts."""
        return next((stage for stage in self.stages if not stage.agrees), None)

    @property
    def agrees(self) -> bool:
        return not self.problem and self.first_difference is None


def default_fixtures() -> Path:
    """compat_fixtures of the current folder, where there is one; else those that come with the package."""
    here = Path("compat_fixtures")
    return here if (here / MANIFEST).is_file() else Path(str(files("occlusion_sensitivity") / "compat_fixtures"))


def run_cases(
    fixtures: Path,
    patterns: Sequence[str] = (),
    environment: Environment | None = None,
    source: str | None = None,
) -> Iterator[Result]:
    """A result for each reference of each case of the folder whose name fits one of the patterns; of all without any.

    With an `environment`, every call of occlusionSensitivity gets it as its ExecutionEnvironment. With a `source`, only
    its references are compared.
    """
    manifest = _manifest(fixtures)
    names = list(manifest["cases"])
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            msg = f"CASES must be names of parity cases, .mat files or folders, but none of {fixtures} is {pattern!r}."
            raise ValueError(msg)
    sources = sorted({one for entry in manifest["cases"].values() for one in entry["references"]})
    if source not in (None, *sources):
        raise ValueError(expected("--source", f"one of {', '.join(sources)}, the sources of {fixtures}", source))
    if not patterns:
        yield from _strangers(fixtures, names)
    for name, entry in manifest["cases"].items():
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns):
            for one, reference in entry["references"].items():
                if source in (None, one):
                    yield _run_case(fixtures / "cases" / name, entry["files"], one, reference, environment)


def array_in(content: Any) -> Array:
    """The array of a JSON object: MATLAB's class, size, and the values down the columns."""
    kind = content["class"]
    if kind not in CLASSES:
        raise ValueError(expected("class", f"one of {', '.join(CLASSES)}", kind))
    return np.array(content["values"], dtype=CLASSES[kind]).reshape(content["size"], order="F")


def _manifest(fixtures: Path) -> Any:
    file = fixtures / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        for name, entry in manifest["cases"].items():
            if name in ("", ".", "..") or Path(name).name != name:  # it would lead out of the folder
                raise ValueError(f"{name!r} is no name of a case")
            for reference in (entry, *entry["references"].values()):
                _ = reference["files"].items()
            for reference in entry["references"].values():
                tolerances = reference["tolerance"].values()
                if not isinstance(reference["tool"], str) or not all(
                    isinstance(one, int | float) for one in tolerances
                ):
                    raise ValueError("a tool that is no text, or a tolerance that is no number")
        if not all([manifest["cases"], *(entry["references"] for entry in manifest["cases"].values())]):
            raise ValueError("no cases, or none of their references")
    except FileNotFoundError as error:
        msg = f"CASES: {str(fixtures)!r} is no folder of parity cases: it has no {MANIFEST}."
        raise FileNotFoundError(msg) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"CASES: {str(file)!r} is damaged: {error!r}."
        raise ValueError(msg) from error
    return manifest


def _strangers(fixtures: Path, names: Sequence[str]) -> Iterator[Result]:
    """Folders that the manifest does not know."""
    for folder in sorted((fixtures / "cases").iterdir() if (fixtures / "cases").is_dir() else ()):
        if folder.is_dir() and folder.name not in names:
            yield Result(name=folder.name, source="?", problem=f"is not in {MANIFEST}")


def _run_case(
    folder: Path, inputs: Mapping[str, str], source: str, reference: Mapping[str, Any], environment: Environment | None
) -> Result:
    about = {"name": folder.name, "source": source, "tool": reference["tool"], "tolerance": reference["tolerance"]}
    results = folder / REFERENCES / source
    try:
        damage = "; ".join(filter(None, (_damage(folder, inputs), _damage(results, reference["files"]))))
        if damage:
            return Result(**about, problem=damage)
        content = {
            file: json.loads((where / file).read_text("utf-8"))
            for where, files_in in ((folder, inputs), (results, reference["files"]))
            for file in files_in
            if file.endswith("json")
        }
        kind = content["case.json"]["kind"]
        if environment is not None and kind == "occlusionSensitivity":
            content["case.json"]["options"]["ExecutionEnvironment"] = environment
        if "error.json" in content:
            return _run_refusal(folder, content, about)
        stages = _KINDS[kind](folder, content, reference["tolerance"])
    except KeyError as error:
        return Result(**about, problem=f"fails: {error} is missing")
    except (AttributeError, LookupError, OverflowError) as error:  # JSON of another form than this package's
        return Result(**about, problem=f"fails: its files are damaged: {error!r}")
    except (ValueError, TypeError, RuntimeError, ImportError, MemoryError, OSError) as error:
        return Result(**about, problem=f"fails: {error}")
    missing = set(reference["tolerance"]) - {stage.name for stage in stages}
    if missing or not stages:
        return Result(**about, problem=f"compares no {', '.join(sorted(missing)) or 'stage'}")
    return Result(**about, stages=stages)


def _damage(folder: Path, hashes: Mapping[str, str]) -> str:
    """What is not as the manifest has it, in words."""
    present = {file.name for file in folder.iterdir() if file.name != REFERENCES} if folder.is_dir() else set()
    missing = sorted(set(hashes) - present)
    added = sorted(present - set(hashes))
    altered = [
        name
        for name in sorted(present & set(hashes))
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != hashes[name]
    ]
    found = {"missing": missing, "altered": altered, f"not in {MANIFEST}": added}
    return "; ".join(f"{', '.join(names)} {what}" for what, names in found.items() if names)


def _occlusion_case(folder: Path, content: Mapping[str, Any], tolerance: Mapping[str, float]) -> OcclusionCase:
    case = content["case.json"]

    def array(file: str) -> Array | None:
        return array_in(content[file]) if file in content else None

    return OcclusionCase(
        input_layer=_input_layer(content["network.json"]) if "inputLayer" in case else None,
        classes=case.get("Classes", ()),
        labels=case.get("labels", ()),
        network=folder / "network.onnx",
        output=content["network.json"]["OutputNames"],
        X=array_in(content["X.json"]),
        channels=np.array(case["channelIdx"]),
        options=case["options"],
        boxes=array("boxes.json"),
        score_drops=array("map.json"),
        score_map=array("scoreMap.json"),
        of_a_call=content["reference.json"]["source"] != "exact",
        tolerance=tolerance,
    )


def _input_layer(network: Mapping[str, Any]) -> ImageInputLayer:
    """The image input layer of a described network, which its file does not contain."""
    first = network["Layers"][0]
    names = ("Mean", "StandardDeviation", "Min", "Max")
    statistics: dict[str, Any] = {name: array_in(first[name]) for name in names if name in first}
    return imageInputLayer(network["InputSize"], Normalization=first["Normalization"], **statistics)


def _run_refusal(folder: Path, content: Mapping[str, Any], about: Mapping[str, Any]) -> Result:
    case = _occlusion_case(folder, content, {})
    at_fault = content["case.json"].get("refused", "")
    said = content["error.json"]
    message = " ".join(filter(None, (said.get("identifier", ""), said["message"])))
    named = [name for name in ("channelIdx", *MATLAB_OPTIONS) if name.lower() in message.lower()]
    if named and at_fault not in named:
        return Result(**about, problem=f"the reference refuses for another reason than {at_fault}: {message}")
    net = importNetworkFromONNX(case.network)
    try:
        occlusionSensitivity(net, case.X, case.channels, **case.options)
    except (ValueError, TypeError) as error:
        if not str(error).startswith(at_fault):
            return Result(**about, problem=f"refused for another reason than {at_fault}: {error}")
        return Result(**about, refusal=f"{message} [{'names' if named else 'does not name'} {at_fault}]")
    return Result(**about, problem=f"the reference refuses this call, and this package does not: {message}")


def _call_stages(folder: Path, content: Mapping[str, Any], tolerance: Mapping[str, float]) -> list[Stage]:
    return occlusion_stages(_occlusion_case(folder, content, tolerance))


def _imresize_stages(folder: Path, content: Mapping[str, Any], tolerance: Mapping[str, float]) -> list[Stage]:
    case = content["case.json"]
    antialiasing = {"Antialiasing": case["antialiasing"]} if "antialiasing" in case else {}
    found = imresize(array_in(content["A.json"]), case["scale"], case["method"], **antialiasing)
    return [array_stage("imresize", array_in(content["B.json"]), found, tolerance["imresize"])]


def _map_size_stages(folder: Path, content: Mapping[str, Any], tolerance: Mapping[str, float]) -> list[Stage]:
    case = content["case.json"]
    image: Image = np.zeros((*case["inputSize"], 1), dtype=np.float32)
    shape = mask_grid(OcclusionOptions.parse(NameValues.of(case["options"]), image)).shape
    return [boxes_stage(array_in(content["expected.json"]), np.array([shape]), tolerance["boxes"])]


def _jet_stages(folder: Path, content: Mapping[str, Any], tolerance: Mapping[str, float]) -> list[Stage]:
    case = content["case.json"]
    rows = jet(case["m"])[np.array(case["rows"]) - 1]
    return [array_stage("colours", array_in(content["expected.json"]), rows, tolerance["colours"])]


_KINDS: dict[str, Callable[[Path, Mapping[str, Any], Mapping[str, float]], list[Stage]]] = {
    "occlusionSensitivity": _call_stages,
    "imresize": _imresize_stages,
    "mapSize": _map_size_stages,
    "jet": _jet_stages,
}
