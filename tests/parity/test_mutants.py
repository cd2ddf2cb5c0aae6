"""The tolerances are tight: a package with one rule changed fails named cases."""

from pathlib import Path

import pytest

from imresize_mutants import imresize
from mutants import MUTANTS
from occlusion_sensitivity.parity.cases import run_cases

FIXTURES = Path(__file__).parents[2] / "compat_fixtures"

pytestmark = pytest.mark.parity


def not_agreeing(patch, perturb, names=()):
    perturb(patch)
    return sorted({result.name for result in run_cases(FIXTURES, names) if not result.agrees})


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_mutant_is_caught(monkeypatch, mutant):
    assert not_agreeing(monkeypatch.setattr, mutant.perturb, mutant.caught_by) == sorted(mutant.caught_by)


def test_the_reference_in_the_kernels_place_agrees(monkeypatch):
    """So what catches the mutants of imresize is the change, not the reference."""
    assert not_agreeing(monkeypatch.setattr, imresize()) == []
