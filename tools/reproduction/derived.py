"""What follows from the measured tables: shorter tables, and sentences. Nothing is measured for these."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .documents import rows_of, tables_of, text_of
from .findings import Finding, compared
from .quotes import Quote

PERFORMANCE, SCALING, INCREMENTAL = "docs/performance.md", "docs/scaling.md", "docs/incremental.md"
_NETWORKS = {
    "vgg19": "VGG-19",
    "googlenet": "GoogLeNet",
    "squeezenet": "SqueezeNet",
    "resnet50": "ResNet-50",
    "densenet121": "DenseNet-121",
    "mobilenet-v2-160": "MobileNetV2, 160×160",
    "efficientnet-lite0": "EfficientNet-Lite0",
}
_GRIDS = ("default masks", "fine masks", "no clipping", "masks of 60 %")
_CORES = 2

Sentence = tuple[Quote, Sequence[float | str]]


@dataclass(frozen=True)
class Row:
    """Of a table of docs/performance.md."""

    value: float
    detail: str

    def number(self, pattern: str) -> float:
        """A number of the detail."""
        return float(re.search(pattern, self.detail)[1])


def measured(name: str) -> dict[str, Row]:
    """Measure → row, of the table of that name."""
    rows = rows_of(tables_of(text_of(PERFORMANCE))[name])
    return {measure: Row(float(value.split()[0]), detail) for measure, value, _, detail in rows}


def findings() -> Iterator[Finding]:
    yield compared(f"{INCREMENTAL}, table 'in short'", _table(INCREMENTAL, "in short"), in_short())
    yield compared(f"{SCALING}, table 'an image'", _table(SCALING, "an image"), an_image())
    yield compared(f"{SCALING}, table 'a million'", _table(SCALING, "a million"), a_million())
    for quote, numbers in sentences():
        yield quote.checked(*numbers)


def sentences() -> Iterator[Sentence]:
    """Sentences of the documents, and their numbers."""
    yield from of_incremental()
    yield from of_a_million()


def _table(document: str, name: str) -> str:
    return tables_of(text_of(document))[name]


# docs/incremental.md --------------------------------------------------------------------------------------------------


def in_short() -> str:
    rows = measured("incremental")
    lines = [
        "| network | default masks | fine: 10 %, every 5 % | default, no clipping | masks of 60 % |",
        "|---|---|---|---|---|",
    ]
    for name, called in _NETWORKS.items():
        gains = [f"{gain(rows[f'{name}: incremental / exhaustive, {grid}']):.2f}" for grid in _GRIDS]
        lines.append(f"| {called} | {' | '.join(gains)} |")
    return "\n".join(lines)


def gain(row: Row) -> float:
    return row.number(r"([\d.]+) times as fast")


def of_incremental() -> Iterator[Sentence]:
    rows = measured("incremental")
    grids = [row for measure, row in rows.items() if "incremental / exhaustive" in measure]
    promised = [row.number(r"([\d.]+) expected") / gain(row) for row in grids]
    model = "The model of the work promises up to {:.0f} % more than that, and up to {:.0f} % less."
    yield (
        Quote(INCREMENTAL, model),
        (
            100 * (max(promised) - 1),
            100 * (1 - min(promised)),
        ),
    )
    equal = Quote(INCREMENTAL, "All {} maps of this table are equal bit for bit.")
    yield equal, (sum("maps 0.0e+00 of the range apart" in row.detail for row in grids),)
    times = {called: rows[measure] for called, measure in _beside_captum(rows)}
    least, *_, most = sorted(times, key=lambda called: -times[called].value)
    captum = f"Captum takes {{:.1f}} ({least}) to {{:.1f}} times as long ({most})"
    yield (
        Quote(INCREMENTAL, captum),
        (
            1 / times[least].value,
            1 / times[most].value,
        ),
    )
    peaks = [rows[f"{name}: peak of memory over exhaustive evaluation"].value for name in _NETWORKS]
    memory = ", ".join(f"{{:.0f}} on {called.partition(',')[0]}" for called in _NETWORKS.values())
    yield Quote(INCREMENTAL, f"In MB, its peak less that of exhaustive evaluation is {memory}."), peaks
    opening = rows["googlenet: planning and opening"].value
    yield Quote(INCREMENTAL, "Dividing, planning and opening GoogLeNet takes {:.1f} s."), (opening,)


def _beside_captum(rows: dict[str, Row]) -> Iterator[tuple[str, str]]:
    for measure in rows:
        name, _, rest = measure.partition(": ")
        if rest.startswith("incremental / captum"):
            yield _NETWORKS[name], measure


# docs/scaling.md ------------------------------------------------------------------------------------------------------


def of_a_photograph() -> float:
    """Seconds."""
    measure, row = _of_many("photographs in a run")
    count = re.search(r"(\d+) photographs", measure)
    return row.number(r"^([\d.]+) s against") / int(count[1])


def _of_many(words: str) -> tuple[str, Row]:
    ((measure, row),) = ((measure, row) for measure, row in measured("many").items() if words in measure)
    return measure, row


def an_image() -> str:
    photograph = of_a_photograph()
    words = (
        "2000 images, in process",
        "2000 images, through Dask",
        "100 images, in process",
        "100 images, through Dask",
    )
    words += ("opened, and a map read", "its table", "nothing to do", "on the disk")
    small, through_dask, here, there, opened, listing, nothing_to_do, disk = (_of_many(one)[1] for one in words)
    files = 1000 * round(disk.number(r"(\d+) files") / 1000)
    workers = [float(after) - float(before) for before, after in re.findall(r"worker: (\d+) → (\d+)", there.detail)]
    in_workers = f"{max(0, *workers):.0f} in its workers"
    memory = f"{here.value:+.1f} MB in this process; {there.value:+.1f} MB in the client, {in_workers}"
    rows = {
        "a photograph with EfficientNet-Lite0, 121 masks, both cores": (
            f"{photograph:.2f} s: {_CORES * photograph:.2f} core-seconds"
        ),
        "an image of 32×32 with a small network, both cores": f"{small.number(r'against ([0-9.]+) ms'):.1f} ms",
        "beyond its map, in this process: reading, checking, the store": f"{small.value:.1f} ms",
        "beyond its map, through Dask, two workers": f"{through_dask.value:.1f} ms",
        "in the store of 10⁵, one class, in files of 64 images": f"{disk.value:.0f} MB, {files} files",
        "memory between image 100 and image 2000": memory,
        "opening a store of 10⁵ images and reading a map": (
            f"{opened.value:.2f} s ({opened.number(r': ([0-9.]+) s'):.1f} s with Python's start)"
        ),
        "its table": f"{listing.value:.1f} s",
        "a run over it that finds all done, its images in memory": (
            f"{nothing_to_do.value:.1f} s; reading the pictures comes on top"
        ),
    }
    return "\n".join(["| | measured |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows.items())])


def of_a_task() -> float:
    """Seconds of the scheduler for a task of explain_images."""
    (row,) = (row for row in rows_of(_table(SCALING, "tasks")) if row[0].endswith("with its store"))
    return float(row[2].split()[0]) / 1e3


def _core_seconds() -> float:
    """Of a photograph, as the table has them."""
    return round(_CORES * of_a_photograph(), 2)


def a_million() -> str:
    alone, scheduler = 1e6 * _core_seconds(), 1e6 * of_a_task()
    share = f"{scheduler / 60:.0f} minutes"
    rows = [
        f"| cores | computing alone | the scheduler's share, {1e3 * of_a_task():.1f} ms a task | so it takes |",
        "|---|---|---|---|",
        f"| 1 | {alone / 86400:.1f} days | {share} | {alone / 86400:.1f} days |",
        f"| 100 | {alone / 360000:.2f} hours | {share} | {alone / 360000:.2f} hours |",
        f"| 10 000 | {alone / 600000:.0f} minutes | {share} | {share}, most cores idle |",
    ]
    return "\n".join(rows)


def of_a_million() -> Iterator[Sentence]:
    core, task = _core_seconds(), of_a_task()
    all_of_it = "With EfficientNet-Lite0: {:.2f} million core-seconds, {:.1f} days of one core."
    yield (
        Quote(SCALING, all_of_it),
        (
            core,
            1e6 * core / 86400,
        ),
    )
    yield Quote(SCALING, "each of which does {} tasks a second at most."), (_in_tens(1 / task),)
    limit = "They are the limit from {} · {:.2f} ≈ {} cores on"
    yield (
        Quote(SCALING, limit),
        (
            _in_tens(1 / task),
            core,
            _in_tens(core / task),
        ),
    )
    yield Quote(SCALING, "a tenth of that, from {}."), (_in_tens(core / task) // 10,)


def _in_tens(value: float) -> int:
    return 10 * round(value / 10)
