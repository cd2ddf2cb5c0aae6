"""Fuzzing of everything that comes from outside: for so many seconds, with a table of what came of it.

    python fuzz/run.py --seconds 300            # all harnesses, two at a time
    python fuzz/run.py --only pictures --first 5000 --seconds 60
    python fuzz/run.py --regressions            # the files that once made trouble

Exit status 1 where there are findings. Their files lie in build/fuzz/findings, in a folder each, to be kept in
fuzz/regressions once they are mended. fuzz/README.md says more.
"""

import argparse
import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "fuzz"
FINDINGS = BUILD / "findings"
KERNELS = ("copy_boxes", "cut_crops", "imresize")
PYTHON = ("network_files", "calls", "mat_files", "parity_folders", "pictures")
PACKAGE = "occlusion_sensitivity"
# Libraries whose own C and C++ may end the process → what they are called at PyPI.
LIBRARIES = {name: name for name in ("onnxruntime", "onnx", "h5py", "scipy")} | {"PIL": "pillow"}
# A case that computes for longer hangs, and one that does nothing for LONGEST_WAIT: busy machines let others go first.
# It is tried a second time, in a new process, before it counts.
LONGEST = 20.0
LONGEST_WAIT = 180.0
# So many cases in a process: what a library leaks does not add up.
CASES_AT_ONCE = 400


@dataclass
class Count:
    """What came of the cases of a harness."""

    harness: str
    results: int = 0
    errors: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)
    # Of libraries, which end the process or do not come back: not to be mended here.
    failures: Counter[str] = field(default_factory=Counter)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="of all harnesses together (default: 300)")
    parser.add_argument("--only", action="append", choices=(*KERNELS, *PYTHON), help="a harness; may be repeated")
    parser.add_argument("--first", type=int, default=int(time.time()) % 10**6 * 1000, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="harnesses at a time (default: 2)")
    parser.add_argument("--regressions", action="store_true", help="the files of fuzz/regressions, once each")
    how = parser.parse_args()
    shutil.rmtree(FINDINGS, ignore_errors=True)
    if how.regressions:
        counts = regressions()
    else:
        names = how.only or (*KERNELS, *PYTHON)
        print(f"first seed {how.first}; {len(names)} harnesses, {how.seconds / len(names):.0f} s each", flush=True)
        if set(names) & set(KERNELS):
            build_kernels()
        with ThreadPoolExecutor(how.jobs) as pool:
            counts = list(pool.map(lambda name: fuzz(name, how.first, how.seconds / len(names)), names))
    return report(counts)


def fuzz(name: str, first: int, seconds: float) -> Count:
    return fuzz_kernel(name, first, seconds) if name in KERNELS else fuzz_python(name, first, seconds)


def report(counts: Sequence[Count]) -> int:
    print(
        f"\n{'harness':<16}{'cases':>10}{'results':>10}{'errors':>10}{'findings':>10}{'libraries':>10}{'seconds':>10}"
    )
    for count in counts:
        failures = sum(count.failures.values())
        cases = count.results + count.errors + len(count.findings) + failures
        numbers = (cases, count.results, count.errors, len(count.findings), failures, round(count.seconds))
        print(f"{count.harness:<16}{''.join(f'{number:>10}' for number in numbers)}")
    for count in counts:
        for where, times in count.failures.most_common():
            print(f"{count.harness}: {times} × {where}")
        for finding in count.findings:
            print(f"{count.harness}: {finding}")
    return 1 if any(count.findings for count in counts) else 0


# Kernels --------------------------------------------------------------------------------------------------------------


def build_kernels() -> None:
    configure = ["cmake", "-S", str(HERE / "kernels"), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++"]
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # where pip has put them
    for command in (configure, ["cmake", "--build", str(BUILD)]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": beside})


def fuzz_kernel(name: str, first: int, seconds: float) -> Count:
    """libFuzzer, from the corpus; what it finds that is new stays in build/fuzz."""
    corpus, at = BUILD / "corpus" / name, FINDINGS / name
    for folder in (corpus, at):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.unpack_archive(HERE / "corpus" / f"{name}.zip", corpus)
    limits = [
        f"-seed={first + 1}",
        f"-max_total_time={round(seconds)}",
        f"-timeout={round(LONGEST)}",
        "-rss_limit_mb=2048",
    ]
    command = [str(BUILD / name), *limits, f"-artifact_prefix={at}/", "-print_final_stats=1", str(corpus)]
    begun = time.monotonic()
    done = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace")
    lines = done.stderr.splitlines()
    runs = [int(line.split()[-1]) for line in lines if line.startswith("stat::number_of_executed_units")]
    count = Count(name, results=sum(runs), seconds=time.monotonic() - begun)
    if done.returncode:
        said = next(
            (line for line in lines if "ERROR" in line or "runtime error" in line or "does not hold" in line), ""
        )
        count.findings.append(f"{said or 'status ' + str(done.returncode)} (its input is in {at})")
    return count


# Python ---------------------------------------------------------------------------------------------------------------


class Trials:
    """A process of fuzz/trials.py, whose lines come with a time limit."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as stderr:
            environment = {**os.environ, "OCCLUSION_SENSITIVITY_THREADS": "1"}
            command = [sys.executable, "-X", "faulthandler", str(HERE / "trials.py"), *arguments]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=environment)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def line(self) -> dict[str, object] | None:
        """What it says next; None where it has ended; TimeoutError where it hangs."""
        begun, used = time.monotonic(), self._seconds()
        while time.monotonic() - begun < LONGEST_WAIT and self._seconds() - used < LONGEST:
            try:
                text = self._lines.get(timeout=min(1.0, LONGEST))
            except queue.Empty:
                continue
            found: dict[str, object] | None = json.loads(text) if text else None
            return found
        raise TimeoutError

    def _seconds(self) -> float:
        """The processor time that it has used."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> int:
        """End it, if it has not ended; its status."""
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        self._reading.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status

    def aborted(self) -> None:
        """End it in the way that has Python say on stderr where it is."""
        self._process.send_signal(signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=LONGEST)
        self.end()

    def where(self) -> str:
        """In which library the process ended, with its version; "" for none that is known."""
        innermost = False
        for line in map(str.strip, self._log.read_text(errors="replace").splitlines()):
            if line.startswith(("Current thread", "Thread 0x")):
                innermost = True  # its innermost function comes first
            elif line.startswith("File ") and innermost:
                innermost = f"/{PACKAGE}/" not in line
                for name, distribution in LIBRARIES.items():
                    if innermost and f"/{name}/" in line:
                        return f"{distribution} {version(distribution)}, {line.rpartition(' ')[2]}"
        return ""


def fuzz_python(name: str, first: int, seconds: float) -> Count:
    count = Count(name)
    begun = time.monotonic()
    seed, work = first, BUILD / "work" / name
    while time.monotonic() - begun < seconds:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        trials = Trials([name, str(seed), str(CASES_AT_ONCE), str(work)], BUILD / f"{name}.log")
        last = follow(trials, count, work, until=begun + seconds)
        seed = int(last) + 1 if last is not None else seed + CASES_AT_ONCE
    count.seconds = time.monotonic() - begun
    return count


def follow(trials: Trials, count: Count, work: Path, *, until: float) -> str | None:
    """Count what a process says, until its cases, itself or the time are over; the case with which it ended early."""
    running: str | None = None
    try:
        while time.monotonic() < until:
            said = trials.line()
            if said is None:
                break
            if said["verdict"] == "begun":
                running = str(said["seed"])
                continue
            running = None
            tally(count, said, work)
    except TimeoutError:
        if running is None:
            raise RuntimeError(f"{count.harness}: no case begins") from None
        hanging = hangs(count.harness, work / "case")
        if hanging is not None:
            failed(count, work, running, hanging, f"more than {LONGEST:.0f} s")
        return running
    finally:
        trials.end()
    if running is not None and time.monotonic() < until:
        ended(count, trials, work, running)
    return running


def tally(count: Count, said: dict[str, object], work: Path) -> None:
    if said["verdict"] == "result":
        count.results += 1
    elif said["verdict"] == "error":
        count.errors += 1
    else:
        keep(count, work, str(said["seed"]), f"{said['text']} [{said.get('place', '')}]")


def ended(count: Count, trials: Trials, work: Path, case: str) -> None:
    """The process ended in the middle of a case."""
    status = trials.end()
    what = signal.Signals(-status).name if status < 0 else f"status {status}"
    failed(count, work, case, trials.where(), what)


def failed(count: Count, work: Path, case: str, where: str, what: str) -> None:
    """A library ended the process, or does not come back; or, where that is "", nobody knows who it was."""
    if not where:
        keep(count, work, case, f"the process ended, or did not: {what}")
        return
    count.failures[f"{where}: {what}"] += 1
    shutil.copytree(work / "case", BUILD / "failures" / count.harness / case, dirs_exist_ok=True)


def hangs(name: str, folder: Path) -> str | None:
    """Where the case hangs in a process of its own, too, as :meth:`Trials.where` says it; None: it does not."""
    trials = Trials([name, "--folders", str(folder)], BUILD / f"{name}.log")
    try:
        while trials.line() is not None:
            pass
    except TimeoutError:
        trials.aborted()
        return trials.where()
    finally:
        trials.end()
    return None


def keep(count: Count, work: Path, case: str, text: str) -> None:
    for found in (work / "findings" / case, work / "case"):
        if found.is_dir():
            shutil.copytree(found, FINDINGS / count.harness / case, dirs_exist_ok=True)
            break
    count.findings.append(f"case {case}: {text}")
    print(f"{count.harness}: {count.findings[-1]}", flush=True)


def regressions() -> list[Count]:
    """The cases that once made trouble, those of a harness in one process."""
    counts = []
    for name in PYTHON:
        count, begun = Count(name), time.monotonic()
        folders = [str(folder) for folder in sorted((HERE / "regressions" / name).glob("*/"))]
        if folders:
            trials = Trials([name, "--folders", *folders], BUILD / f"{name}.log")
            last = follow(trials, count, BUILD / "work" / name, until=begun + 600.0)
            if last is not None and not count.findings:
                count.findings.append(f"case {last}: the process ended in {trials.where() or 'nobody knows what'}")
        count.seconds = time.monotonic() - begun
        counts.append(count)
    return counts


if __name__ == "__main__":
    sys.exit(main())
