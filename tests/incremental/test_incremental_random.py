"""Incremental maps of random networks are those of whole images, and each rule of the geometry is needed for that."""

import dataclasses
import warnings

import numpy as np
import pytest

from incremental_checks import TOLERANCE, all_stages, are_equal, case, listen, maps, reasons
from occlusion_sensitivity import importNetworkFromONNX
from occlusion_sensitivity.incremental import crops, stages
from occlusion_sensitivity.incremental.positions import Extent, Window

CASES, IN_A_TEST = 600, 50


@pytest.mark.parametrize("first", range(0, CASES, IN_A_TEST))
def test_maps_are_those_of_whole_images(tmp_path, monkeypatch, caplog, first):
    all_stages(monkeypatch)
    listen(caplog)
    file, equal = tmp_path / "network.onnx", 0
    for seed in range(first, first + IN_A_TEST):
        X, options = case(seed, file)
        exhaustive, incremental = maps(file, X, options)
        equal += are_equal(exhaustive, incremental)
        # Of large scores that no mask changes much, the noise is larger.
        score = np.abs(importNetworkFromONNX(file).predict(X)).max()
        apart = np.abs(exhaustive - incremental).max()
        assert apart <= TOLERANCE * max(np.ptp(exhaustive), score), f"seed {seed}, {options}"
    assert equal >= 0.96 * IN_A_TEST
    # Where hardly anything gets through the network, nothing tells its images apart; some begin with a pooling whose
    # size readers of the standard do not agree about.
    known = ("no mask changes", "not seen to go", "begins with MaxPool", "begins with AveragePool")
    assert [text for text in reasons(caplog) if not any(words in text for words in known)] == []
    assert len(reasons(caplog)) <= IN_A_TEST // 5


def without_last(reach):
    def mutant(self, start, end, length):
        first, last = reach(self, start, end, length)
        return first, np.maximum(last - 1, first)

    return mutant


def without_first(reach):
    def mutant(self, start, end, length):
        first, last = reach(self, start, end, length)
        return np.minimum(first + 1, last), last

    return mutant


def without_stride(through):
    def mutant(self, window):
        return dataclasses.replace(through(self, window), stride=self.stride)

    return mutant


def without_dilation(through):
    return lambda self, window: through(self, dataclasses.replace(window, dilation=1))


def without_padding(through):
    return lambda self, window: through(self, dataclasses.replace(window, before=0))


def first_of_two(joined):
    return lambda self, other: self


def shifted(need):
    def mutant(self, start, end):
        first, last = need(self, start, end)
        return first + 1, last + 1

    return mutant


def changed(**attributes):
    """An `_along` after which an attribute is another where operators pad their own input."""

    def mutate(along):
        def mutant(window, extent, start, end, *, is_padded):
            found = along(window, extent, start, end, is_padded=is_padded)
            if is_padded:
                new = {name: change(found, window) for name, change in attributes.items()}
                return dataclasses.replace(found, **new)
            return found

        return mutant

    return mutate


def begins_anywhere(found, window):
    """Not at a multiple of the stride."""
    return np.minimum(found.crop_starts + 1, window.length - found.crop_size)


def all_is_taken(found, window):
    """What the operator's padding spoiled, too."""
    return found.starts, found.starts + found.size


def never_at_the_end(found, window):
    return np.maximum(found.crop_starts - window.stride, 0)


def filled_with_zeros(reading):
    def mutant(*arguments):
        read = reading(*arguments)
        return read if read is None or read.fill is None else dataclasses.replace(read, fill=0.0)

    return mutant


def no_own_padding(reading):
    def mutant(*arguments):
        read = reading(*arguments)
        return read if read is None or read.fill is not None else dataclasses.replace(read, fill=0.0)

    return mutant


MUTANTS = {
    "reach: one less at the end": (Extent, "reach", without_last),
    "reach: one less at the beginning": (Extent, "reach", without_first),
    "reach: the stride is forgotten": (Extent, "through", without_stride),
    "reach: the dilation is forgotten": (Extent, "through", without_dilation),
    "reach: the padding is forgotten": (Extent, "through", without_padding),
    "reach: one of two inputs is forgotten": (Extent, "joined", first_of_two),
    "need: one further": (Window, "need", shifted),
    "crop: begins anywhere": (crops, "_along", changed(crop_starts=begins_anywhere)),
    "crop: all of it is taken": (crops, "_along", changed(reach=all_is_taken)),
    "crop: never at the end of the whole": (crops, "_along", changed(crop_starts=never_at_the_end)),
    "fill: zeros before the largest value": (stages, "reading", filled_with_zeros),
    "fill: averages that count no padding": (stages, "reading", no_own_padding),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_every_rule_is_needed(tmp_path, monkeypatch, name):
    """Without it, some map is another, or the comparison on the first call says so."""
    all_stages(monkeypatch)
    where, rule, mutate = MUTANTS[name]
    monkeypatch.setattr(where, rule, mutate(getattr(where, rule)))
    for seed in range(300):
        X, options = case(seed, tmp_path / "network.onnx")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exhaustive, incremental = maps(tmp_path / "network.onnx", X, options)
        if not are_equal(exhaustive, incremental) or any("other scores" in str(w.message) for w in caught):
            return
    pytest.fail(f"{name}: not noticed in 300 networks")
