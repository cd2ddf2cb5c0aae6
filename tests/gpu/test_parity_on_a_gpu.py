"""The parity cases on the device."""

from pathlib import Path

import pytest

from occlusion_sensitivity.parity.cases import run_cases

FIXTURES = Path(__file__).parents[2] / "compat_fixtures"


@pytest.mark.parity
def test_the_parity_cases_agree(device):
    results = list(run_cases(FIXTURES, environment="gpu"))
    assert len(results) > 100
    assert [result.name for result in results if not result.agrees] == []


@pytest.mark.parity
def test_they_run_on_the_device(device, monkeypatch):
    """A kernel that fails there is noticed."""
    monkeypatch.setattr(type(device), "channel_totals", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(run_cases(FIXTURES, ["mask_odd"], environment="gpu"))
