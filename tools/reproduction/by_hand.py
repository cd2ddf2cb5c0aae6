"""Measurements in prose that no tool repeats, with how to make them again; and a search for those in no list.

A number in the prose of a document, beside a unit of time or memory, is in this list, or is a sentence of derived.py or
counted.py. So who writes a new one says here where it comes from.
"""

import re
from collections.abc import Iterator, Sequence

from .documents import DOCUMENTS, prose_of, text_of
from .findings import ABSENT, DIFFERS, Finding
from .quotes import Quote

PERFORMANCE, CHANGES, BENCHMARKS = "docs/performance.md", "CHANGELOG.md", "benchmarks/README.md"
_LOOP = (
    "as bare_loop of benchmarks/jobs.py, with batches of 1, 4 and 8, in minutes in which the machine is in that state"
)
_RUNS = "benchmarks/run.py --only loop memory with another _BYTES_IN_A_RUN of devices/cpu.py"

# Document, the words, and how to measure it again.
BY_HAND = (
    (
        "README.md",
        "(37 s on a machine with two processors and the downloads near)",
        "time the first command in a fresh clone",
    ),
    (
        "CONTRIBUTING.md",
        "the commands of the first two parts took 6 minutes",
        "type them in a fresh clone, and look at the clock",
    ),
    (
        "docs/platforms.md",
        "Such a wheel has 11.9 MB, and may have 13.",
        "tools/check_wheel.py prints it, and refuses more",
    ),
    (
        PERFORMANCE,
        "took 4.9, 4.4 and 4.6 ms an image at 1, 4 and 8 images at once, in the other 7.6, 6.1 and 5.6",
        _LOOP,
    ),
    (PERFORMANCE, "DenseNet-121 29.9, 27.5 and 28.6, or 48.0, 35.4 and 32.1.", _LOOP),
    (PERFORMANCE, "Runs side by side took 4.5 and 27 ms in either.", "benchmarks/run.py --only loop, in both states"),
    (
        PERFORMANCE,
        "9 ms instead of 5 on EfficientNet-Lite0",
        "time net.predict of one photograph, and a map with MiniBatchSize=1, beside the row of the loop",
    ),
    (
        PERFORMANCE,
        "17 images of VGG-19 take as long as 18",
        "time maps of 16 and of 17 masks of vgg19 on two processors",
    ),
    (
        PERFORMANCE,
        "on activations up to 400, 2.7·10⁻⁷ of the value at most against 1.4·10⁻⁶",
        "GoogLeNet's LRN in double with NumPy, beside the operator and the convolution of network/throughput.py",
    ),
    (PERFORMANCE, "three images of 224×224 in a run are up to 5 % faster than one", _RUNS),
    (PERFORMANCE, "1 % faster on VGG-19, and take 60 MB more on GoogLeNet and DenseNet-121", _RUNS),
    (PERFORMANCE, "the map of a network for 32×32 digits took 12.0 ms instead of 5.4", _RUNS),
    (
        PERFORMANCE,
        "30 % slower than one thread on it",
        "two threads that call run() of one bare_session of benchmarks/jobs.py, beside one",
    ),
    (
        PERFORMANCE,
        "0.1 to 0.7 % faster, for a special case",
        "write smaller runs at the end of a map again; that code is not kept",
    ),
    (
        PERFORMANCE,
        "50 MB less at most with four images, and up to 3 % slower",
        "benchmarks/run.py --only loop memory with enable_mem_pattern = False in network/providers.py",
    ),
    (CHANGES, "A photograph of 24 megapixels is explained in about 390 MB", "VmHWM of a process that calls explain"),
    (
        "docs/faithfulness.md",
        "without that, 22 curves were equal, and two of 224 steps were 1e-6 and 3e-4 apart",
        "tools/check_faithfulness.py without what it takes from equal values of score_map",
    ),
    (
        "docs/compatibility.md",
        "are 18, 24, 21 and 86 for one of them (NN_V03_01), 15, 18, 25 and 83 for the other (NN_V03_02)",
        "needs the pictures of flatline-84/facegate, which has no licence",
    ),
    (
        "docs/compatibility.md",
        "five exported networks of three repositories lie within 3.4e-6 of the range",
        "needs these networks, which are not given on",
    ),
    ("docs/scaling.md", "(a load of 4 to 9)", "the column load of benchmarks/simulated_tasks.py"),
    (BENCHMARKS, "everything, in 70 minutes on two cores", "time benchmarks/run.py"),
)

_UNITS = r"(?:ms|µs|s|seconds?|minutes?|hours?|days?|core-seconds|kB|MB|GB|times as|% (?:faster|slower|less|more))"
_MEASUREMENT = re.compile(rf"(?<![\w./-])\d[\d.,]*(?: … \d[\d.]*)? ?{_UNITS}(?![\w-])")


def listed() -> Iterator[Finding]:
    for document, words, how in BY_HAND:
        there = words in prose_of(text_of(document))
        state, detail = (ABSENT, f"by hand: {how}") if there else (DIFFERS, "no such sentence is there")
        yield Finding(f"{document}, “{words}”", state, detail)


def in_no_list(text: str, patterns: Sequence[str]) -> list[str]:
    """Measurements in the prose of a document that none of the patterns covers."""
    prose = prose_of(text)
    covered = [match.span() for pattern in patterns for match in re.finditer(pattern, prose)]
    return [
        prose[max(0, match.start() - 40) : match.end() + 20]
        for match in _MEASUREMENT.finditer(prose)
        if not any(first <= match.start() and match.end() <= last for first, last in covered)
    ]


def not_listed(quotes: Sequence[Quote]) -> Iterator[Finding]:
    """Of all documents; `quotes` are the sentences of the other parts."""
    for document in DOCUMENTS:
        patterns = [quote.pattern() for quote in quotes if quote.document == document]
        patterns += [re.escape(words) for name, words, _ in BY_HAND if name == document]
        for words in in_no_list(text_of(document), patterns):
            yield Finding(
                f"{document}, “…{words}…”", DIFFERS, "a measurement in no list: tools/reproduction/by_hand.py"
            )
