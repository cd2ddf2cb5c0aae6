"""The incremental engine: of each occluded image only what the mask can have changed goes through the network."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..devices import DeviceArray
from ..devices.cpu import CPU
from ..network.network import Network
from ..perturbations import Boxes
from .divided import DividedNetwork, Patch
from .plan import MaskPlan

Array = NDArray[np.float32]


class Incremental:
    """An :class:`~occlusion_sensitivity.scoring.Engine`, for boxes on the host.

    Parameters
    ----------
    divided : DividedNetwork
        `network`, opened in stages for images of this size.
    plan : MaskPlan
        For the boxes of `images`, the empty ones left out.
    """

    def __init__(
        self, network: Network, divided: DividedNetwork, plan: MaskPlan, images: Boxes, channels: NDArray[np.intp]
    ) -> None:
        self._network = network
        self._divided = divided
        self._images = images
        self._channels = channels
        self._plan = plan
        self.largest_run: int | None = plan.at_once
        groups = [plan.images[group.images] for group in plan.groups]
        empty = np.setdiff1d(np.arange(len(images)), plan.images)  # the original, and what is equal to it
        self.order: NDArray[np.intp] = np.concatenate([empty, *groups])
        self.ends: Sequence[int] = np.cumsum([len(part) for part in (empty, *groups)]).tolist()
        # Of each image in this order: its group, and which mask of it it is.
        self._group_of = np.concatenate([np.full(len(empty), -1), *(np.full(len(g), k) for k, g in enumerate(groups))])
        self._mask_of = np.concatenate([np.arange(len(part)) for part in (empty, *groups)])

    def prepared(self, runs: int, sizes: Collection[int]) -> Callable[[slice], DeviceArray]:
        with CPU.computing():
            whole = self._divided.whole(self._images.original)
            of_original = self._totals_of(self._divided.rest(whole, {}, 1))

        def totals(part: slice) -> DeviceArray:
            found = np.empty((part.stop - part.start, len(self._channels)))
            groups = self._group_of[part]
            for k in np.unique(groups).tolist():
                chosen = groups == k
                if k < 0:
                    found[chosen] = of_original
                else:
                    with CPU.computing():
                        found[chosen] = self._totals_in_group(whole, k, self._mask_of[part][chosen])
            return found

        return totals

    def _totals_in_group(self, whole: Mapping[str, Array], k: int, masks: NDArray[np.intp]) -> NDArray[np.float64]:
        group = self._plan.groups[k]
        boxes = np.ascontiguousarray(self._images.boxes[self._plan.images[group.images[masks]]])
        image = self._divided.image.name
        patches = {image: Patch(self._images.filled[np.newaxis], np.zeros((len(masks), 2), dtype=np.int32), boxes)}
        for number, place in enumerate(group.places):
            of_masks = place.of(masks)
            patches.update(self._divided.stage(number, of_masks, whole, patches))
            for name in self._plan.last_used[number]:
                patches.pop(name, None)
        return self._totals_of(self._divided.rest(whole, patches, len(masks)))

    def _totals_of(self, output: Array) -> NDArray[np.float64]:
        return CPU.channel_totals(self._network.channels_second(output), self._channels)
