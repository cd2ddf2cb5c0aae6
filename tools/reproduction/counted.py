"""Numbers in prose that are counted, and those that are computed with data which not everybody has."""

import importlib
import json
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import imagePretrainedNetwork, imresize, inference, matlab
from occlusion_sensitivity.incremental import plan
from occlusion_sensitivity.many import layout
from occlusion_sensitivity.network.published import NETWORKS

from .documents import ROOT, rows_of, tables_of, text_of
from .findings import DIFFERS, SAME, Finding, absent
from .quotes import Quote, in_words

_RANDOM_NETWORKS = 1500


def counts() -> Iterator[Finding]:
    cases = len(json.loads((ROOT / "compat_fixtures" / "manifest.json").read_text("utf-8"))["cases"])
    yield Quote("README.md", "compares {} cases with references").checked(cases)
    yield Quote("CHANGELOG.md", "`occlusion-sensitivity parity`: {} cases with reference results").checked(cases)
    yield Quote("CHANGELOG.md", "There are {} names now").checked(len(matlab.__all__))
    downloaded = '`imagePretrainedNetwork("squeezenet")` and {} others are downloaded'
    yield Quote("CHANGELOG.md", downloaded).checked(in_words(len(NETWORKS) - 1))
    published = "`googlenet()`, `alexnet()` and {} others as networks"
    as_functions = set(NETWORKS) & set(matlab.__all__)
    yield Quote("CHANGELOG.md", published).checked(in_words(len(as_functions) - 2))
    _, class_names = imagePretrainedNetwork()
    yield Quote("CHANGELOG.md", "its {} class names come with the package").checked(len(class_names))
    kernels = from_the_tests("parity.test_kernel_mutants")
    changed = sum(map(len, (kernels.MUTANTS, kernels.LANCZOS, kernels.LONG)))
    yield Quote("docs/compatibility.md", "the C++ source itself is changed in {} places more").checked(changed)
    mutants = rows_of(tables_of(text_of("docs/compatibility.md"))["mutants"])
    (of_all,) = (row[1] for row in mutants if row[0] == "the centre of an even mask is its first middle pixel")
    yield Quote("CONTRIBUTING.md", "Of the parity cases {} of {} do not agree").checked(*of_all.split(" of "))
    yield Quote("docs/incremental.md", "expects a gain of {} at least").checked(inference.LEAST_GAIN)
    yield Quote("docs/incremental.md", "in runs of up to {} (fewer").checked(plan._MOST_AT_ONCE)
    chunks = "{} images lie in a chunk, of `name` {}."
    yield Quote("docs/store.md", chunks).checked(layout.IN_A_CHUNK, layout.NAMES_IN_A_CHUNK)


def from_the_tests(name: str) -> object:
    """A module of the tests, which import each other by name."""
    if (folder := str(ROOT / "tests")) not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


def random_networks() -> Iterator[Finding]:
    """How many maps of random networks are the same, incrementally and exhaustively."""
    checks = from_the_tests("incremental_checks")
    apart = []  # of the range
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of networks that say too little
        checks.all_stages(patch)
        file = Path(folder) / "network.onnx"
        for seed in range(_RANDOM_NETWORKS):
            exhaustive, incremental = checks.maps(file, *checks.case(seed, file))
            same = np.array_equal(exhaustive, incremental)
            apart.append(0.0 if same else np.abs(exhaustive - incremental).max() / np.ptp(exhaustive))
    equal, near = (np.array(apart) == 0).sum(), (np.array(apart) <= checks.TOLERANCE).sum()
    sentence = (
        "Of {} random networks, with all kinds of windows, padding and branches, {} were, and all but {} of the others"
    )
    few = in_words(_RANDOM_NETWORKS - int(near))
    yield Quote("docs/incremental.md", sentence).checked(_RANDOM_NETWORKS, equal, few)


def matlabs_imresize() -> Iterator[Finding]:
    """imresize beside files that MATLAB wrote, which may not be given on."""
    folder = ROOT.parent / "shared" / "data" / "imresize_matlab"
    quote = Quote("README.md", "gives what MATLAB wrote (doubles within {:.0e}, uint8 exactly)")
    if not folder.is_dir():
        yield from absent(["README.md, “gives what MATLAB wrote”"], f"needs {folder}, which is no part of a clone")
        return
    apart = []
    for factor in (2, 3, 4):
        arrays = np.load(folder / f"vdsr_butterfly_x{factor}.npz")
        for found, written in (("gt_y", "lr_y"), ("lr_y", "up_y")):
            scale = 1 / factor if found == "gt_y" else factor
            apart.append(np.abs(imresize(arrays[found], scale) - arrays[written]).max())
    picture, written = (np.asarray(Image.open(folder / f"lena_{name}.png")) for name in ("512x512", "123x234_uint8"))
    yield quote.checked(max(apart))
    state = SAME if (imresize(picture, [123, 234], "bicubic") == written).all() else DIFFERS
    yield Finding("README.md, “uint8 exactly”", state)
