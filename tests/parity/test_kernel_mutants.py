"""The C++ kernel of imresize with one place of its source changed, built, and put in its place: parity cases see it."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

import reference
from occlusion_sensitivity import imresize
from occlusion_sensitivity.devices import cpu
from occlusion_sensitivity.parity.cases import run_cases
from stand_in.host_kernels import ROOT, compiler

FIXTURES = ROOT / "compat_fixtures"
HEADER, SOURCE = "include/occlusion_sensitivity/resampling.hpp", "src/imresize.cpp"
METHODS = ("nearest", "bilinear", "bicubic", "lanczos2", "lanczos3")

pytestmark = pytest.mark.parity

# What is changed: (file, what stands there, what stands there instead), and cases that must not agree.
MUTANTS = {
    "a = -0.75": (
        HEADER,
        "return 1.5 * x3 - 2.5 * x2 + 1.0",
        "return 1.25 * x3 - 2.25 * x2 + 1.0",
        ("imresize_double", "exact_square"),
    ),
    "the outer part of Keys' kernel left out": (
        HEADER,
        "if (x <= 2.0) return",
        "if (x <= 1.0) return",
        ("imresize_double",),
    ),
    "the triangle half as wide": (
        HEADER,
        "return x < 1.0 ? 1.0 - x",
        "return x < 0.5 ? 1.0 - 2 * x",
        ("imresize_bilinear",),
    ),
    "the half pixel forgotten": (
        HEADER,
        "return x / scale + 0.5 * (1.0 - 1.0 / scale)",
        "return x / scale",
        ("imresize_double", "imresize_nearest", "exact_defaults"),
    ),
    "edges replicated": (
        HEADER,
        "const long long period = 2 * n;",
        "if (index < 0) return 0;\n    if (index >= n) return n - 1;\n    const long long period = 2 * n;",
        ("imresize_uint8_enlarged", "imresize_nearest_quarter", "exact_square"),
    ),
    "the edge pixel not repeated": (
        HEADER,
        "return phase < n ? phase : period - 1 - phase;",
        "return phase < n ? phase : n == 1 ? 0 : period - phase == n ? n - 1 : period - phase;",
        ("imresize_uint8_enlarged",),
    ),
    "no antialiasing": (
        HEADER,
        "return antialiasing && scale < 1.0;",
        "return antialiasing && scale < 0.0;",
        ("imresize_uint8_shrunk", "imresize_bilinear_shrunk", "imresize_nearest_antialiased"),
    ),
    "antialiasing also where it enlarges": (
        HEADER,
        "return antialiasing && scale < 1.0;",
        "return antialiasing && scale != 1.0;",
        ("imresize_double",),
    ),
    "the box shifted by half": (HEADER, "axis.scale) + 0.5);", "axis.scale));", ("imresize_nearest", "nearest_23x47")),
    "rounded half up below zero": (
        HEADER,
        "return static_cast<T>(whole + (rest >= 0.5) - (rest <= -0.5));",
        "return static_cast<T>(whole + (rest >= 0.5) - (rest < -0.5));",
        ("imresize_negative_tie",),
    ),
    "cut off instead of rounded": (
        HEADER,
        "return static_cast<T>(whole + (rest >= 0.5) - (rest <= -0.5));",
        "return static_cast<T>(whole + 0 * (rest >= 0.5));",
        ("imresize_tie", "imresize_int32"),
    ),
    "wrapped instead of saturated": (
        HEADER,
        "value = value < lowest ? lowest : value > highest ? highest : value;",
        "(void)lowest, (void)highest;",
        ("imresize_uint8_enlarged",),
    ),
    "weights not divided by their sum": (
        SOURCE,
        "weight[t] /= sum;",
        "weight[t] /= 1.0 + 0.0 * sum;",
        ("imresize_uint8_shrunk", "imresize_single_shrunk"),
    ),
    "rows first, always": (SOURCE, "rows.scale <= cols.scale", "rows.scale <= 1e9", ("imresize_columns_first",)),
    "columns first on a tie": (SOURCE, "rows.scale <= cols.scale", "rows.scale < cols.scale", ("imresize_tie",)),
    "weights in single": (SOURCE, "weight[count++] = w;", "weight[count++] = float(w);", ("imresize_double",)),
    "the last tap left out": (
        SOURCE,
        "for (; t + 4 <= count; t += 4)",
        "for (; t + 4 < count; t += 4, --count)",
        ("imresize_uint8_shrunk",),
    ),
}
# No case has Lanczos' kernels: the plain reference sees them.
LANCZOS = {
    "the window left out": (HEADER, "sin_pi(x) * sin_pi(x / lobes)", "sin_pi(x)"),
    "one lobe less": (HEADER, "if (x >= lobes) return 0.0;", "if (x >= lobes - 1.0) return 0.0;"),
    "the denominator of the other": (HEADER, "(x * x) / lobes + eps", "(x * x) / (5.0 - lobes) + eps"),
    "lanczos3 as wide as lanczos2": (HEADER, "method == Method::lanczos3 ? 6.0", "method == Method::lanczos3 ? 4.0"),
    "lanczos2 is lanczos3": (HEADER, "method == Method::lanczos2 ? 2.0", "method == Method::lanczos2 ? 3.0"),
    "the sine of the odd lobes with the wrong sign": (HEADER, "whole == 1.0 || whole == 3.0", "whole == 3.0"),
    "the series cut": (HEADER, "int n = 22", "int n = 14"),
    "eps left out": (HEADER, "eps = 2.220446049250313e-16", "eps = 0.0"),
}
# Seen by axes that are longer than a part of the table alone: tests/unit/test_imresize.py has them.
LONG = {
    "weights of a part from the block's start": (
        SOURCE,
        "const Taps taps(axis, table.first + i)",
        "const Taps taps(axis, i)",
    ),
    "neighbours of a part from the block's start": (
        SOURCE,
        "nearest_pixel(axis, table.first + i)",
        "nearest_pixel(axis, i)",
    ),
}


def built(folder, file=None, old="", new=""):
    """The kernels with one place changed, as a library."""
    for name in (HEADER, SOURCE, "include/occlusion_sensitivity/kernels.hpp"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / "cpp" / name).read_text(encoding="utf-8")
        if name == file:
            assert text.count(old) == 1, f"{old!r} is not once in {name}"
            text = text.replace(old, new)
        target.write_text(text, encoding="utf-8")
    options = ["-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-pthread"]
    includes = [f"-I{folder / 'include'}", f"-I{ROOT / 'cpp' / 'include'}"]
    sources = [folder / SOURCE, Path(__file__).parents[1] / "stand_in" / "host_resize.cpp"]
    library = folder / "kernels.so"
    command = [compiler(), *options, *includes, *map(str, sources), "-o", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(library))


def put_in_place(monkeypatch, library):
    def resize(image, rows, cols, scale, method, *, antialiasing):
        resized = np.empty((rows, cols, image.shape[2]), dtype=image.dtype)
        sizes = [ctypes.c_longlong(n) for n in (*image.shape, rows, cols)]
        scales = [ctypes.c_double(one) for one in scale]
        how = (METHODS.index(method), int(antialiasing))
        call = getattr(library, f"resize_{image.dtype.name}")
        call(ctypes.c_void_p(image.ctypes.data), *sizes, *scales, *how, ctypes.c_void_p(resized.ctypes.data))
        return resized

    monkeypatch.setattr(cpu.CPU, "imresize", resize)


def differing(names):
    return {result.name for result in run_cases(FIXTURES, names) if not result.agrees}


def test_the_kernels_unchanged_agree(tmp_path, monkeypatch):
    put_in_place(monkeypatch, built(tmp_path))
    assert differing(["imresize_*", "exact_*", "nearest_*"]) == set()


@pytest.mark.parametrize("rule", MUTANTS)
def test_a_changed_kernel_is_seen(tmp_path, monkeypatch, rule):
    *change, caught_by = MUTANTS[rule]
    put_in_place(monkeypatch, built(tmp_path, *change))
    assert differing(caught_by) == set(caught_by)


@pytest.mark.parametrize("rule", LONG)
def test_a_part_of_a_long_axis_that_begins_anew_is_seen(tmp_path, monkeypatch, rule):
    line, n_out = np.random.default_rng(0).random((1, 1000)), 600_000
    method = "bicubic" if "weights" in rule else "nearest"
    expected = imresize(line, [1, n_out], method)
    put_in_place(monkeypatch, built(tmp_path, *LONG[rule]))
    assert not np.allclose(imresize(line, [1, n_out], method), expected)


def lanczos_agrees():
    """A pixel in the middle of three lies on one of the image, where eps alone keeps the kernel from 0 / 0."""
    A = np.random.default_rng(0).random((6, 9))
    return all(
        np.allclose(imresize(A, size, method), reference.imresize(A, size, method), rtol=0, atol=1e-13)
        for method in ("lanczos2", "lanczos3")
        for size in ([18, 27], [2, 3], [4, 20])
    )


def test_lanczos_unchanged_agrees(tmp_path, monkeypatch):
    put_in_place(monkeypatch, built(tmp_path))
    assert lanczos_agrees()


@pytest.mark.parametrize("rule", LANCZOS)
def test_a_changed_kernel_of_lanczos_is_seen(tmp_path, monkeypatch, rule):
    put_in_place(monkeypatch, built(tmp_path, *LANCZOS[rule]))
    assert not lanczos_agrees()
