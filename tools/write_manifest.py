"""Write compat_fixtures/manifest.json: for each case its files' hashes, and the tolerances of each source's references.

    python tools/write_manifest.py

Who computed a reference is what its generator recorded in reference.json, never decided here.
"""

import hashlib
import json

from case_files import CASES, FIXTURES

# Source → stage → (largest difference allowed, why). Units as in occlusion_sensitivity.parity: pixels for boxes, else
# the range of the reference's map.
_WHOLE = (0, "whole numbers")
_RESIZED = "sums in double on both sides, stored in single"
TOLERANCES = {
    "octave": {
        "boxes": _WHOLE,
        "map": (1e-5, "the network in single here, in double there"),
        "imresize": (0, _RESIZED),
        "call": (1e-5, "as the map"),
    },
    "exact": {
        "boxes": _WHOLE,
        "map": (1e-5, "the network in single here, exact there"),
        "imresize": (1e-7, "the exact map stored in single first; sums in double, stored in single"),
        "call": (1e-5, "as the map"),
    },
    "matlab": {
        "boxes": _WHOLE,
        "map": (1e-4, "the network in single on both sides, summed in another order"),
        "imresize": (1e-5, "how MATLAB stores sums of single is not known"),
        "call": (1e-4, "as the map"),
    },
    "documentation": {"boxes": _WHOLE, "colours": (0, "multiples of 1/64")},
}
# imresize of images of other classes than single.
OF_CLASS = {
    "double": (1e-13, "sums in double on both sides, perhaps in another order"),
    "single": (0, _RESIZED),
    "integer": (0, "rounded after each axis on both sides"),
}
STAGES = {
    "occlusionSensitivity": ("boxes", "map", "imresize", "call"),
    "imresize": ("imresize",),
    "mapSize": ("boxes",),
    "jet": ("colours",),
}


def entry(folder):
    case = json.loads((folder / "case.json").read_text("utf-8"))
    references = {one.name: reference(folder, case, one) for one in sorted((folder / "references").iterdir())}
    return {"about": case["about"], "files": hashes(folder), "references": references}


def reference(folder, case, results):
    """The entry of one source's references, which lie in the folder `results`."""
    recorded = json.loads((results / "reference.json").read_text("utf-8"))
    if recorded["source"] != results.name:
        msg = f"{results} is where references of {results.name} lie, but these are of {recorded['source']}."
        raise ValueError(msg)
    tolerances = dict(TOLERANCES[results.name])
    if case["kind"] == "imresize":
        kind = json.loads((folder / "A.json").read_text("utf-8"))["class"]
        own = OF_CLASS.get(kind, OF_CLASS["integer"])
        # Integers and doubles of MATLAB's own are exact in the evidence that there is; of singles, nothing is known.
        tolerances["imresize"] = tolerances["imresize"] if (results.name, kind) == ("matlab", "single") else own
    stages = () if (results / "error.json").exists() else STAGES[case["kind"]]
    if case.get("options", {}).get("OutputUpsampling") == "none":
        stages = tuple(stage for stage in stages if stage != "imresize")
    return {
        "tool": recorded["tool"],
        "tolerance": {stage: tolerances[stage][0] for stage in stages},
        "reasons": {stage: tolerances[stage][1] for stage in stages},
        "files": hashes(results),
    }


def hashes(folder):
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def main():
    cases = {folder.name: entry(folder) for folder in sorted(CASES.iterdir())}
    text = json.dumps({"cases": cases}, ensure_ascii=False, indent=1)
    (FIXTURES / "manifest.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
