"""ExecutionEnvironment → the network on a device."""

import functools
import logging

from .devices import cuda
from .network.network import Network
from .network.providers import provider_problem
from .options import Environment

_LOG = logging.getLogger("occlusion_sensitivity")


def gpu_problem() -> str | None:
    """Which part is missing for maps on a GPU, with the command that installs it; None: all of it works."""
    return cuda.device_problem() or provider_problem(cuda.device())


def network_in(network: Network, environment: Environment, name: str) -> Network:
    """`network` where `environment`, an option typed as `name`, wants it; RuntimeError for "gpu" where none works."""
    if environment == "cpu":
        return network
    reason = gpu_problem()
    if reason is None:
        try:
            return network.on(cuda.device())
        except RuntimeError as error:
            reason = str(error)
    if environment == "gpu":
        msg = f'{name} must be "auto" or "cpu", but is "gpu", and no GPU can be used here: {reason}'
        raise RuntimeError(msg)
    _say_once(reason)
    return network


@functools.cache
def _say_once(reason: str) -> None:
    """To the log of those who ask: on a machine without a GPU, it is no news."""
    _LOG.info("Maps are computed on the CPU: %s", reason)
