"""The programs in the MATLAB language, run by GNU Octave from a clean checkout."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from occlusion_sensitivity.parity.cases import array_in

FIXTURES = Path(__file__).parents[2] / "compat_fixtures"


@pytest.fixture(scope="module")
def octave():
    program = shutil.which("octave-cli")
    if program is None:
        if os.environ.get("OCCLUSION_REQUIRE_OCTAVE"):
            pytest.fail("OCCLUSION_REQUIRE_OCTAVE is set, but there is no octave-cli")
        pytest.skip("needs GNU Octave (Debian package octave)")

    def run(*arguments, cwd):
        command = [program, "--norc", "--no-history", *map(str, arguments)]
        # By the exit status: Octave 7 prints an error of its own making when it ends.
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout

    return run


def computed_by_octave(folder):
    return {file.relative_to(folder) for file in folder.glob("cases/*/references/octave/*")}


def test_the_generator_writes_the_committed_files(octave, tmp_path):
    clean = shutil.copytree(FIXTURES, tmp_path / "compat_fixtures")
    committed = computed_by_octave(FIXTURES)
    others = {file: file.read_bytes() for file in clean.glob("cases/*/references/[!o]*/*")}
    assert committed
    assert others
    for file in committed:
        (clean / file).unlink()
    octave(clean / "generate_fixtures.m", cwd=tmp_path)
    assert computed_by_octave(clean) == committed
    assert {file: file.read_bytes() for file in clean.glob("cases/*/references/[!o]*/*")} == others
    # Bit for bit where they were committed; another processor or Octave may round exp otherwise.
    different = [file for file in committed if not filecmp.cmp(clean / file, FIXTURES / file, shallow=False)]
    for file in different:
        assert file.name in ("map.json", "scoreMap.json", "B.json", "error.json", "reference.json")
        if file.name in ("map.json", "scoreMap.json", "B.json"):
            found, expected = (array_in(json.loads((root / file).read_text("utf-8"))) for root in (clean, FIXTURES))
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.ptp(expected), err_msg=str(file))


def parity(*arguments, cwd):
    command = [Path(sys.executable).with_name("occlusion-sensitivity"), "parity", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("case", "call"),
    [
        ("channels_3_1_2", "[3 1], 'masks', [4 3], 'Stride', 3, 'outputupsampling', 'nearest', 'MaskClipping', false"),
        ("channels_3_1_2", "2, 'MaskValue', [20 30.5 200], 'ExecutionEnvironment', 'cpu'"),
        ("spatial_channels", "[1 4], 'OutputUpsampling', 'none', 'MiniBatchSize', 5"),
        ("inner_layer", "1"),
        ("one_row", "3, 'MaskSize', [1 4], 'Stride', [1 1]"),
        ("class_int64", "4"),
        ("zscore", "[1 2]"),
    ],
)
def test_a_call_exported_by_octave_agrees(octave, tmp_path, case, call):
    folder = FIXTURES / "cases" / case
    program = (
        f"addpath('{FIXTURES}'); addpath('{FIXTURES / 'functions'}');"
        f"net = build_network('{folder / 'network.json'}'); X = read_array('{folder / 'X.json'}');"
        f"export_case('case.mat', net, X, {call})"
    )
    octave("--eval", program, cwd=tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"case.mat", "case.onnx"}
    done = parity("case.mat", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    upsampled = "" if "none" in call else " imresize,"
    expected = f"This package gives the numbers of Octave: boxes, network, map,{upsampled} call agree."
    assert f"case.mat: {expected}" in done.stdout
    page = (tmp_path / "page.html").read_text("utf-8")
    assert expected in page
    assert page.count("data:image/png;base64,") == 1


def test_a_call_exported_by_octave_that_differs(octave, tmp_path):
    """The network beside the .mat is another one."""
    folder = FIXTURES / "cases" / "mask_odd"
    program = (
        f"addpath('{FIXTURES}'); addpath('{FIXTURES / 'functions'}');"
        f"net = build_network('{folder / 'network.json'}'); X = read_array('{folder / 'X.json'}');"
        "export_case('case.mat', net, X, 2)"
    )
    octave("--eval", program, cwd=tmp_path)
    shutil.copy(FIXTURES / "cases" / "mask_even" / "network.onnx", tmp_path / "case.onnx")
    done = parity("case.mat", cwd=tmp_path)
    assert done.returncode == 1
    assert "The boxes agree; the difference starts with the network's outputs" in done.stdout


@pytest.mark.parametrize("identifier", ["MATLAB:license:NoFeature", "Octave:undefined-function", "nnet:broken"])
def test_what_is_no_refusal_ends_the_generator(octave, tmp_path, identifier):
    """A licence that is refused, a function that is missing or broken: its own words, and every reference as it was."""
    clean = shutil.copytree(FIXTURES, tmp_path / "compat_fixtures")
    for folder in (clean / "cases").iterdir():
        if folder.name not in ("mask_odd", "refused_fill"):
            shutil.rmtree(folder)
    (clean / "octave" / "occlusionSensitivity.m").write_text(
        f"function occlusionSensitivity(varargin)\n  error('{identifier}', 'no checkout today');\nend\n"
    )
    before = {file: file.read_bytes() for file in clean.glob("cases/**/*.json")}
    with pytest.raises(subprocess.CalledProcessError) as raised:
        octave(clean / "generate_fixtures.m", cwd=tmp_path)
    assert "no checkout today" in raised.value.stderr
    assert {file: file.read_bytes() for file in clean.glob("cases/**/*.json")} == before


def test_a_refusal_has_the_identifier_and_the_words(octave, tmp_path):
    (said,) = (FIXTURES / "cases" / "refused_fill" / "references" / "octave").glob("error.json")
    assert json.loads(said.read_text("utf-8")) == {
        "identifier": "occlusionSensitivity:MaskValue",
        "message": "MaskValue must have one value, or one per channel, here 3.",
    }


@pytest.mark.parametrize(
    ("case", "layer"), [("inner_layer", "relu"), ("normalizing_inner", "batchnorm"), ("inner_scores", "fc")]
)
def test_a_layer_that_has_another_name_in_the_file(octave, tmp_path, case, layer):
    """As some releases of MATLAB rename layers on export: found by its kind and position, and said."""
    folder = FIXTURES / "cases" / case
    program = (
        f"addpath('{FIXTURES}'); addpath('{FIXTURES / 'functions'}');"
        f"net = build_network('{folder / 'network.json'}'); X = read_array('{folder / 'X.json'}');"
        "export_case('case.mat', net, X, 2)"
    )
    octave("--eval", program, cwd=tmp_path)
    model = onnx.load(tmp_path / "case.onnx")
    for node in model.graph.node:
        node.name = f"renamed_{node.name}"
        for tensors in (node.input, node.output):
            tensors[:] = [f"renamed_{name}" if name == layer else name for name in tensors]
    for output in model.graph.output:
        output.name = f"renamed_{output.name}" if output.name == layer else output.name
    onnx.save(model, tmp_path / "case.onnx")
    done = parity("case.mat", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    said = f"The layer '{layer}' is called 'renamed_{layer}' in the ONNX file, by its position. This package gives"
    assert said in done.stdout
