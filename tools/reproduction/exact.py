"""Parts that are computed, not measured: they come out as the documents have them."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import photograph_page
import write_command_line
import write_compatibility
import write_gallery
import write_migrating
from PIL import Image

from occlusion_sensitivity import deletion, insertion, occlusionSensitivity
from occlusion_sensitivity.cli import main as command_line

from .documents import REBUILT, ROOT, rows_of, tables_of, text_of
from .findings import DIFFERS, NOISE, SAME, Finding, absent, compared
from .quotes import Quote

COMPATIBILITY, MIGRATING, FAITHFULNESS = "docs/compatibility.md", "docs/migrating.md", "docs/faithfulness.md"
COMMAND_LINE, INCREMENTAL = "docs/command_line.md", "docs/incremental.md"
# The mean difference of pixels, of 255, up to which a picture is the same: what another processor or JPEG library
# changes. A line that moved by a pixel is more.
TOLERANCE = 0.1


def table(document: str, name: str, now: str) -> Finding:
    return compared(f"{document}, table {name!r}", tables_of(text_of(document))[name], now)


# Tables ---------------------------------------------------------------------------------------------------------------


def names() -> Iterator[Finding]:
    yield table(MIGRATING, "names", write_migrating.table())


def commands() -> Iterator[Finding]:
    yield table(COMMAND_LINE, "commands", write_command_line.commands())
    (said,) = re.findall(r"<!-- printed -->\n```\n(.*?)```", text_of(COMMAND_LINE), re.DOTALL)
    typed = said.splitlines()[0].removeprefix("$ ")
    with in_a_folder("commands") as folder:
        shutil.copy(files("occlusion_sensitivity") / "data" / "coffee.jpg", folder / "cup.jpg")
        now = said_by(*shlex.split(typed)[1:])
    yield compared(f"{COMMAND_LINE}, {typed!r}", said, f"$ {typed}\n{now}")


def parity() -> Iterator[Finding]:
    now = write_compatibility.agreement(list(write_compatibility.run_cases(write_compatibility.FIXTURES)))
    yield agreement(tables_of(text_of(COMPATIBILITY))["agreement"], now)


def agreement(said: str, now: str) -> Finding:
    """Maps of a network in single have other last bits on another processor; what is exact has none."""
    finding = compared(f"{COMPATIBILITY}, table 'agreement'", said, now)
    if finding.state == SAME or without_noise(said) != without_noise(now):
        return finding
    rows = zip(rows_of(said), rows_of(now), strict=True)
    return Finding(finding.what, NOISE, f"{sum(one != other for one, other in rows)} rows, within their tolerances")


def without_noise(text: str) -> str:
    """The table without the differences that come from a network in single, which the verdict judges."""
    return re.sub(r"\b\d\.\de-\d\d(?=[^|]*\|.*\| agrees)", "noise", text)


def mutants() -> Iterator[Finding]:
    yield table(COMPATIBILITY, "mutants", write_compatibility.mutants())


# Faithfulness ---------------------------------------------------------------------------------------------------------


def faithfulness() -> Iterator[Finding]:
    """The example of the document is run; its tables, and the numbers around them, are what it finds."""
    (code,) = re.findall(r"```python\n(.*?)```", text_of(FAITHFULNESS), re.DOTALL)
    found = {}
    with in_a_folder("faithfulness") as folder:
        shutil.copy(files("occlusion_sensitivity") / "data" / "coffee.jpg", folder / "cup.jpg")
        exec(code, found)
    yield table(FAITHFULNESS, "curves", curves(found["deleted"], found["inserted"]))
    lines = ["| map | deletion (small is good) | insertion (large is good) |", "|---|---|---|"]
    lines += [f"| {name} | {deleted:.3f} | {inserted:.3f} |" for name, (deleted, inserted) in found["areas"].items()]
    yield table(FAITHFULNESS, "areas", "\n".join(lines))
    for quote, values in of_other_steps_and_fills(*(found[name] for name in ("net", "X", "scoreMap", "channel"))):
        yield quote.checked(**values)


def curves(*found: object) -> str:
    """The rows of the table, for the shares in its heading."""
    heading, line, *_ = tables_of(text_of(FAITHFULNESS))["curves"].strip().splitlines()
    shares = [float(share) / 100 for share in re.findall(r"\| (\d+)", heading)]
    rows = []
    for name, curve in zip(("deletion", "insertion"), found, strict=True):
        scores = [curve.scores[round(share * (len(curve.scores) - 1))] for share in shares]
        rows.append(f"| {name} | {' | '.join(f'{score:.3f}' for score in scores)} |")
    return "\n".join([heading, line, *rows])


def of_other_steps_and_fills(net: object, X: object, score_map: object, channel: int) -> Iterator[tuple[Quote, dict]]:
    def areas(**how: object) -> list[float]:
        return [function(net, X, score_map, channel, **how).area for function in (deletion, insertion)]

    steps = Quote(FAITHFULNESS, "areas of {a[0]:.3f} and {a[1]:.3f}, 224 steps {b[0]:.3f} and {b[1]:.3f}")
    yield steps, {"a": areas(), "b": areas(NumSteps=224)}
    fills = (
        "{mean[0]:.3f} and {mean[1]:.3f} with the mean colour, {black[0]:.3f} and {black[1]:.3f} with black "
        "(MaskValue=0), {white[0]:.3f} and {white[1]:.3f} with white"
    )
    filled = {"mean": areas(), "black": areas(MaskValue=0), "white": areas(MaskValue=255)}
    yield Quote(FAITHFULNESS, fills), filled
    net.OutputNames = "logits"
    score_map = occlusionSensitivity(net, X, channel)
    logits = Quote(FAITHFULNESS, "the same network's logits, with their own map, have {a[0]:.1f} and {a[1]:.1f}")
    yield logits, {"a": areas()}


# Pictures -------------------------------------------------------------------------------------------------------------


def gallery() -> Iterator[Finding]:
    yield compared("docs/gallery.md", text_of("docs/gallery.md"), write_gallery.page())
    written = {}
    for name, photograph, options, _ in (entry for entry in write_gallery.ENTRIES if not isinstance(entry, str)):
        written[f"{name}.jpg"] = write_gallery.drawn(photograph, options)
        yield picture(f"docs/images/gallery/{name}.jpg", written[f"{name}.jpg"])
    for file in sorted(write_gallery.PICTURES.glob("*.jpg")):
        if file.name not in written:
            yield Finding(f"docs/images/gallery/{file.name}", DIFFERS, "nothing draws it")


def demo() -> Iterator[Finding]:
    output = folder_for("demo") / "espresso.png"
    said_by("demo", "--output", output)
    yield picture("docs/images/espresso.png", output.read_bytes())


def plan() -> Iterator[Finding]:
    """The command of docs/incremental.md, its picture, and what a network says of itself there."""
    typed = "occlusion-sensitivity plan efficientnet-lite0 --output plan.png"
    (said,) = re.findall(rf"```\n\$ {typed}\n(.*?)```", text_of(INCREMENTAL), re.DOTALL)
    output = folder_for("plan") / "plan.png"
    _, *arguments, _ = shlex.split(typed)
    now = said_by(*arguments, output).partition("Written:")[0]
    yield compared(f"{INCREMENTAL}, {typed!r}", said, now)
    yield picture("docs/images/plan.png", output.read_bytes())
    (said,) = re.findall(r"```\n(dlnetwork with .*?)```", text_of(INCREMENTAL), re.DOTALL)
    # In a process of its own: where another map was computed, it says something else.
    program = "from occlusion_sensitivity import *; print(imagePretrainedNetwork(Inference='incremental')[0])"
    now = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    yield compared(f"{INCREMENTAL}, what net says", said, now)


def page() -> Iterator[Finding]:
    what = "docs/images/page.png"
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        yield from absent([what], "needs Debian's chromium and chromium-driver")
        return
    output = folder_for("page") / "page.png"
    photograph_page.photograph(output)
    yield picture(what, output.read_bytes())


def picture(what: str, content: bytes) -> Finding:
    """A picture beside the one of the document."""
    rebuilt = REBUILT / what
    rebuilt.parent.mkdir(parents=True, exist_ok=True)
    rebuilt.write_bytes(content)
    file = ROOT / what
    if not file.is_file():
        return Finding(what, DIFFERS, "it is not there")
    if file.read_bytes() == content:
        return Finding(what, SAME)
    apart = pixels_apart(file, rebuilt)
    state = NOISE if apart <= TOLERANCE else DIFFERS
    return Finding(what, state, f"pixels are {apart:.2f} of 255 apart on average; the new one is {rebuilt}")


def pixels_apart(*files: Path) -> float:
    """The mean difference of the pixels of two pictures."""
    one, other = (np.asarray(Image.open(file)).astype(float) for file in files)
    return float(np.abs(one - other).mean()) if one.shape == other.shape else np.inf


def folder_for(part: str) -> Path:
    folder = REBUILT / part
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def in_a_folder(part: str) -> Iterator[Path]:
    """What is run there writes there."""
    folder = folder_for(part)
    with contextlib.chdir(folder):
        yield folder


def said_by(*arguments: object) -> str:
    """What a command of occlusion-sensitivity prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = command_line([str(argument) for argument in arguments])
    if status:
        msg = f"occlusion-sensitivity {' '.join(map(str, arguments))} failed."
        raise RuntimeError(msg)
    return out.getvalue()
