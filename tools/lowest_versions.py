"""The lowest versions that pyproject.toml allows, as constraints for pip: python tools/lowest_versions.py > FILE"""

import itertools
import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
# The extras that the tests on a CPU do not need.
OTHERS = ("gpu", "docs", "dev")


def lowest() -> dict[str, str]:
    """Package → the lowest version allowed, of all that is needed to run the tests on a CPU."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = [needs for name, needs in project["optional-dependencies"].items() if name not in OTHERS]
    bounds = {}
    for requirement in [*project["dependencies"], *itertools.chain(*extras)]:
        bound = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?>=([0-9.]+)", requirement)
        if bound:
            bounds[bound[1]] = bound[2]
        elif not (requirement.startswith("occlusion-sensitivity[") or "==" in requirement):
            raise ValueError(f"{requirement!r} has neither a lower bound alone nor one version")
    return bounds


if __name__ == "__main__":
    print("\n".join(f"{package}=={version}" for package, version in lowest().items()))
