"""Folders of parity cases: one of compat_fixtures, its JSON, network or manifest changed, and the hashes adapted."""

import hashlib
import json
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from google.protobuf.message import DecodeError
from onnx import ModelProto

from harness import Case
from mutations import changed_bytes, changed_json
from occlusion_sensitivity.parity import command
from protobufs import change

FIXTURES = Path(__file__).parents[1] / "compat_fixtures"
MANIFEST = "manifest.json"


class ParityFolders:
    def __init__(self) -> None:
        manifest = json.loads((FIXTURES / MANIFEST).read_text("utf-8"))
        # Those whose files are small.
        self._entries = {name: entry for name, entry in manifest["cases"].items() if _size(name) < 200_000}

    def case(self, random: Random) -> Case:
        name = random.choice(sorted(self._entries))
        entry = json.loads(json.dumps(self._entries[name]))
        folder = f"cases/{name}"
        files = {
            file.relative_to(FIXTURES).as_posix(): file.read_bytes()
            for file in (FIXTURES / folder).rglob("*")
            if file.is_file()
        }
        for _ in range(random.choice((1, 1, 2))):
            path = random.choice(sorted(files))
            files[path] = _changed(path, files[path], random)
            if random.random() < 0.05:
                del files[path]
        if random.random() < 0.9:
            _fit_hashes(entry, folder, files)
        manifest: Any = {"cases": {name: entry}}
        if random.random() < 0.25:
            manifest = changed_json(manifest, random)
        files[MANIFEST] = json.dumps(manifest).encode()
        if random.random() < 0.05:
            files[MANIFEST] = changed_bytes(files[MANIFEST], random)
        return files

    def run(self, folder: Path, random: Random) -> str:
        with tempfile.TemporaryDirectory() as elsewhere:  # regressions stay as they are
            status = command.run([str(folder)], Path(elsewhere, "page.html"), None, None)
        return "agrees" if status == 0 else "does not"


def _size(name: str) -> int:
    return sum(file.stat().st_size for file in (FIXTURES / "cases" / name).rglob("*") if file.is_file())


def _changed(path: str, content: bytes, random: Random) -> bytes:
    try:
        if path.endswith(".json") and random.random() < 0.9:
            return json.dumps(changed_json(json.loads(content), random)).encode()
        if path.endswith(".onnx") and random.random() < 0.8:
            model = ModelProto.FromString(content)
            change(model, random)
            return model.SerializeToString()
    except (ValueError, DecodeError):  # it was changed as bytes before
        pass
    return changed_bytes(content, random)


def _fit_hashes(entry: Any, folder: str, files: dict[str, bytes]) -> None:
    groups = [(folder, entry["files"])]
    groups += [(f"{folder}/references/{source}", each["files"]) for source, each in entry["references"].items()]
    for where, hashes in groups:
        for name in hashes:
            if f"{where}/{name}" in files:
                hashes[name] = hashlib.sha256(files[f"{where}/{name}"]).hexdigest()


HARNESS = ParityFolders()
