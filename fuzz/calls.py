"""Arguments of the public functions: right ones, wrong ones, and objects that misbehave. hypothesis makes a call of the
bytes of a case.
"""

import datetime
import decimal
import fractions
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

import networks
import occlusion_sensitivity as package
from harness import Case, FindingError, place_of, problem_with

NAME = "call"
SHAPE = (12, 10, 3)


class Rude:
    """An object that raises whatever it is asked."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def _raise(self, *_: object, **__: object) -> Any:
        raise self._error("of the object's own")

    __array__ = __float__ = __index__ = __iter__ = __len__ = __repr__ = __str__ = __getitem__ = _raise


class Folders:
    """Networks that calls need, opened once in a process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.file = networks.convolutional(Path(self._folder.name, "network.onnx"), np.random.default_rng(0))
        self.net = package.importNetworkFromONNX(self.file)
        self.image = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
        self.map = np.random.default_rng(1).normal(size=SHAPE[:2]).astype(np.float32)


# Values ---------------------------------------------------------------------------------------------------------------

_NUMBERS = st.one_of(
    st.integers(-3, 30),
    st.sampled_from((0, 1, 2, 3, 2**31, -(2**31), 2**63, 2**64, 10**30, 10**400, -(10**400))),
    st.floats(),
    st.sampled_from((0.5, 2.0, 1e-300, 1e300, float("nan"), float("inf"))),
    st.sampled_from((decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1 + 2j, np.float16(2), np.uint64(2**64 - 1))),
)
_TEXTS = st.one_of(
    st.sampled_from(
        ("auto", "on", "off", "none", "bicubic", "nearest", "mean", "cpu", "gpu", "a", "o", "", "MaskSize")
    ),
    st.text(max_size=6),
)
_ARRAYS = st_numpy.arrays(
    dtype=st.one_of(st_numpy.scalar_dtypes(), st.sampled_from(("O", "U3", "S2", "c8", "f2", "g", ">f4"))),
    shape=st.one_of(
        st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5), st.just(SHAPE), st.just(SHAPE[:2])
    ),
    fill=st.nothing(),
) | st.builds(
    lambda dtype, seed: (np.random.default_rng(seed).normal(size=SHAPE) * 300).astype(dtype),
    st.sampled_from(("f4", "f8", "u1", "i2", "u4", "i8", "?", ">f8", "f2")),
    st.integers(0, 3),
)


def _itself() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


_ODD = st.sampled_from(
    (
        *(None, True, False, b"auto", ..., object(), int, len, Path("x"), Ellipsis, range(3), slice(2), {}, {"a": 1}),
        *(
            set(),
            frozenset((1, 2)),
            _itself(),
            [[1, 2], [3]],
            [],
            (),
            [[]],
            [True, 2],
            ["a", 1],
            iter([1]),
            bytearray(b"ab"),
        ),
        *(
            datetime.date(2026, 1, 1),
            np.datetime64("2026-01-01"),
            np.timedelta64(3, "s"),
            np.ma.masked,
            np.ma.array([1, 2]),
        ),
        *(np.array([1, None], dtype=object), memoryview(b"abc"), np.str_("auto"), np.bool_(True)),
        *(Rude(KeyError), Rude(AttributeError), Rude(ZeroDivisionError), Rude(RecursionError)),
    )
)
_ANYTHING = st.one_of(_NUMBERS, _TEXTS, _ARRAYS, _ODD, st.lists(_NUMBERS, max_size=4), st.tuples(_NUMBERS, _NUMBERS))


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Most are such as are meant: only then what comes behind them is reached."""
    return st.integers(0, 11).flatmap(lambda k: _ANYTHING if k == 0 else good)


_SMALL = st.one_of(st.integers(1, 12), st.integers(1, 12).map(float), st.just("auto"))
_SIZE = st.one_of(_SMALL, st.lists(st.integers(1, 12), min_size=2, max_size=2))
_FLAG = st.sampled_from((True, False, 1, 0))
_DRAWN = {
    "colormap": st.sampled_from(("jet", "diverging")),
    "opacity": st.floats(0, 1),
    "upsampling": st.sampled_from(("bicubic", "nearest")),
}
_STEPS = {"NumSteps": st.integers(1, 6), "MaskValue": st.floats(0, 255), "MiniBatchSize": st.integers(1, 9)}
_OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "occlusionSensitivity": {
        "MaskSize": _SIZE,
        "Stride": _SIZE,
        "MaskValue": st.one_of(
            st.just("auto"), st.floats(-300, 300), st.lists(st.integers(0, 255), min_size=3, max_size=3)
        ),
        "OutputUpsampling": st.sampled_from(("bicubic", "nearest", "none", "b")),
        "MaskClipping": st.sampled_from(("on", "off", True)),
        "MiniBatchSize": st.integers(1, 300),
        "ExecutionEnvironment": st.sampled_from(("auto", "cpu", "gpu")),
        "ObservationDimension": st.integers(1, 4),
    },
    "imresize": {
        "Method": st.sampled_from(("bicubic", "bilinear", "nearest", "box", "lanczos2", "lanczos3", "t")),
        "Antialiasing": _FLAG,
        "Scale": st.floats(0.05, 9),
        "OutputSize": st.lists(st.integers(1, 40), min_size=2, max_size=2),
        "Colormap": st.just("original"),
    },
    "importNetworkFromONNX": {
        "Optimize": _FLAG,
        "Inference": st.sampled_from(("exhaustive", "incremental")),
        "InputDataFormats": st.sampled_from(("BCSS", "BSSC")),
        "OutputDataFormats": st.sampled_from(("BC", "BCSS", "")),
        "ImageInputSize": st.just(list(SHAPE)),
        "Namespace": st.just("x"),
    },
    "imageInputLayer": {
        "Name": st.text(max_size=4),
        "Normalization": st.sampled_from(("zerocenter", "zscore", "rescale-symmetric", "rescale-zero-one", "none")),
        **{
            name: st.one_of(st.floats(-9, 9), st.lists(st.integers(0, 9), min_size=3, max_size=3))
            for name in ("Mean", "Min")
        },
        **{
            name: st.one_of(st.floats(9, 99), st.lists(st.integers(9, 99), min_size=3, max_size=3)) for name in ("Max",)
        },
        "StandardDeviation": st.floats(0.1, 9),
    },
    "deletion": _STEPS,
    "insertion": _STEPS,
    "draw_map": {
        "style": st.sampled_from(("overlay", "contours", "spotlight")),
        "limit": st.floats(0.1, 9),
        "box": st.just([0, 3, 0, 4]),
        **dict.fromkeys(("title", "label"), st.text(max_size=5)),
        **_DRAWN,
    },
    "map_page": {
        "classNames": st.just(["cup"]),
        "title": st.text(max_size=5),
        "longest_side": st.integers(1, 99),
        **_DRAWN,
    },
    "predict": {},
}


def _arguments(kept: "Folders") -> dict[str, tuple[Callable[..., Any], list[st.SearchStrategy[Any]]]]:
    """Each function with its arguments by place."""
    image, net = st.just(kept.image), st.just(kept.net)
    channel = st.one_of(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3))
    map_of = st.just(kept.map)
    return {
        "occlusionSensitivity": (package.occlusionSensitivity, [net, image, channel]),
        "imresize": (
            package.imresize,
            [image, st.one_of(st.floats(0.05, 9), st.lists(st.integers(1, 40), min_size=2, max_size=2))],
        ),
        "importNetworkFromONNX": (package.importNetworkFromONNX, [st.just(kept.file)]),
        "imageInputLayer": (package.imageInputLayer, [st.just(list(SHAPE))]),
        "deletion": (package.deletion, [net, image, map_of, st.integers(1, 4)]),
        "insertion": (package.insertion, [net, image, map_of, st.integers(1, 4)]),
        "draw_map": (package.draw_map, [map_of, image]),
        "map_page": (package.map_page, [map_of, image]),
        "predict": (kept.net.predict, [image]),
    }


_OF_PYTHON = ("draw_map", "map_page")
# Drawing is slow, and has fewer options.
_OFTEN = ("occlusionSensitivity",) * 6 + ("imresize",) * 3 + ("importNetworkFromONNX", "imageInputLayer", "deletion")
_WHICH = st.sampled_from((*_OFTEN, *_OFTEN, "insertion", "predict", "draw_map", "map_page"))


@st.composite
def calls(draw: st.DrawFn, kept: Folders) -> tuple[str, list[Any], dict[str, Any]]:
    """A function, its arguments by place, and those by name."""
    name = draw(_WHICH)
    _, places = _arguments(kept)[name]
    arguments = [draw(mostly(place)) for place in places]
    if draw(st.integers(0, 12)) == 0:
        arguments = arguments[: draw(st.integers(0, len(arguments)))]
    known = _OPTIONS[name]
    chosen = draw(st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True)) if known else []
    options = {option: draw(mostly(known[option])) for option in chosen}
    if name in _OF_PYTHON:  # Python itself says what names there are
        return name, arguments if len(arguments) == len(places) else [draw(place) for place in places], options
    if draw(st.integers(0, 7)) == 0:
        options[draw(st.sampled_from(("maskSize", "Unknown", "stride", "Masksizes", "X", "net")))] = draw(_ANYTHING)
    if draw(st.booleans()):  # MATLAB's spelling of the options, in the places behind the others
        for option, value in options.items():
            arguments += [draw(st.sampled_from((option, option.lower(), option[:5]))), value]
        options = {}
    return name, arguments, options


class Calls:
    def __init__(self) -> None:
        self._kept = Folders()
        self._outcome = ""

        @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @hypothesis.given(calls(self._kept))
        def call(made: tuple[str, list[Any], dict[str, Any]]) -> None:
            self._outcome = self._called(*made)

        self._test = call

    def case(self, random: Random) -> Case:
        return {NAME: random.randbytes(random.choice((200, 1000, 4000)))}

    def run(self, folder: Path, random: Random) -> str:
        self._outcome = "bytes that make no call"
        self._test.hypothesis.fuzz_one_input((folder / NAME).read_bytes())  # type: ignore[attr-defined]
        return self._outcome

    def _called(self, name: str, arguments: list[Any], options: dict[str, Any]) -> str:
        function, _ = _arguments(self._kept)[name]
        try:
            found = function(*arguments, **options)
        except Exception as error:
            problem = problem_with(error)
            if problem is not None:
                text = f"{name}({_shown(arguments)}, {_shown(options)}): {problem} [{place_of(error)}]"
                raise FindingError(text) from error
            raise
        finally:
            _close_figures()
        if name == "occlusionSensitivity" and (found.dtype != np.float32 or found.ndim not in (2, 3)):
            raise FindingError(f"a map of {found.dtype} and {found.shape}")
        return name


def _shown(value: object) -> str:
    try:
        return " ".join(repr(value).split())[:150]
    except Exception:
        return f"an object that cannot be shown, {type(value).__name__}"


def _close_figures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


HARNESS = Calls()
