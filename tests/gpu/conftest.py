"""Every test here runs twice: on the stand-in for a GPU, and, marked gpu, on a real one (tools/check_gpu.py)."""

import pytest

from occlusion_sensitivity.devices import cuda
from occlusion_sensitivity.execution import gpu_problem


@pytest.fixture(params=["stand-in", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request):
    """The GPU, as the package has it."""
    if request.param == "stand-in":
        request.getfixturevalue("pretended_gpu")
    problem = gpu_problem()
    if problem is not None:
        pytest.fail(problem)
    return cuda.device()
