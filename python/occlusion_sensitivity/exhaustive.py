"""The exhaustive engine: every perturbed image goes through the whole network. Paint, run, restore."""

from collections.abc import Callable, Collection, Sequence
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from .devices import DeviceArray
from .network.network import Network
from .perturbations import Perturbations


class Exhaustive:
    """An :class:`~occlusion_sensitivity.scoring.Engine`."""

    def __init__(self, network: Network, images: Perturbations, channels: NDArray[np.intp]) -> None:
        self._network = network
        self._images = images
        self._channels = channels
        self.largest_run = network.device.largest_run(images.original)
        self.ends: Sequence[int] = [len(images)]
        self.order: NDArray[np.intp] = np.arange(len(images))

    def prepared(self, runs: int, sizes: Collection[int]) -> Callable[[slice], DeviceArray]:
        original, device = self._images.original, self._network.device
        self._network.try_together(original, self._images.samples, sizes)
        batches: SimpleQueue[DeviceArray] = SimpleQueue()
        for _ in range(runs):
            batches.put(np.repeat(original[np.newaxis], max(sizes), axis=0))

        def totals(part: slice) -> DeviceArray:
            batch = batches.get()  # it holds originals, and does again
            try:
                self._images.paint(part, batch)
                output = self._network.run(batch, part.stop - part.start)
                found = device.channel_totals(output, self._channels)
                self._images.restore(part, batch)
                return found
            finally:
                batches.put(batch)

        return totals
