"""ExecutionEnvironment → the network on a device."""

import functools
import logging

from .devices import cuda
from .network.dlnetwork import dlnetwork
from .network.providers import cuda_problem
from .options import Environment

_LOG = logging.getLogger("occlusion_sensitivity")


def gpu_problem() -> str | None:
    """Which part is missing for maps on a GPU, with the command that installs it; None: all of it works."""
    return cuda.problem() or cuda_problem(cuda.device())


def network_in(net: dlnetwork, environment: Environment, name: str) -> dlnetwork:
    """`net` where `environment`, an option typed as `name`, wants it; RuntimeError for "gpu" where none works."""
    if environment == "cpu":
        return net
    problem = gpu_problem()
    if problem is None:
        try:
            return net.on(cuda.device())
        except RuntimeError as error:
            problem = str(error)
    if environment == "gpu":
        msg = f'{name} must be "auto" or "cpu", but is "gpu", and no GPU can be used here: {problem}'
        raise RuntimeError(msg)
    _say_once(problem)
    return net


@functools.cache
def _say_once(problem: str) -> None:
    """To the log of those who ask: on a machine without a GPU, it is no news."""
    _LOG.info("Maps are computed on the CPU: %s", problem)
