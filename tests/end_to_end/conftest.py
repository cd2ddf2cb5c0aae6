import matplotlib as mpl
import pytest


@pytest.fixture
def headless():
    """matplotlib without a display, and without figures of before."""
    mpl.use("agg")
    from matplotlib import pyplot

    pyplot.close("all")
    yield pyplot
    pyplot.close("all")
