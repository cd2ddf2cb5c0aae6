"""The incremental engine: of each occluded image only what the mask can have changed goes through the network."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from ..devices import DeviceArray
from ..devices.cpu import CPU
from ..network.network import Network
from ..perturbations import Boxes
from .memory import Workspace
from .plan import MaskPlan
from .positions import Array
from .sessions import Patch, Sessions, new_array


class Incremental:
    """An :class:`~occlusion_sensitivity.scoring.Engine`, for boxes on the host.

    Parameters
    ----------
    sessions : Sessions
        The stages of `network` for images of this size.
    plan : MaskPlan
        For the boxes of `images`.
    """

    def __init__(
        self, network: Network, sessions: Sessions, plan: MaskPlan, images: Boxes, channels: NDArray[np.intp]
    ) -> None:
        self._network = network
        self._sessions = sessions
        self._original, self._filled = (_channels_first(image) for image in (images.original, images.filled))
        self._boxes = images.boxes
        self._channels = channels
        self._plan = plan
        self.largest_run: int | None = plan.at_once
        groups = [group.images for group in plan.groups]
        # The original, and what is equal to it.
        unmasked = np.setdiff1d(np.arange(len(images)), np.concatenate(groups))
        self.order: NDArray[np.intp] = np.concatenate([unmasked, *groups])
        self.ends: Sequence[int] = np.cumsum([len(part) for part in (unmasked, *groups)]).tolist()

    def prepared(self, runs: int, sizes: Collection[int]) -> Callable[[slice], DeviceArray]:
        whole = _Whole(self._sessions, self._original)
        workspaces: SimpleQueue[Workspace] = SimpleQueue()
        for _ in range(runs):
            workspaces.put(Workspace(self._plan.values_of_a_mask, max(sizes)))

        def totals(part: slice) -> DeviceArray:
            group = int(np.searchsorted(self.ends, part.start, side="right")) - 1
            workspace = workspaces.get()
            try:
                with CPU.computing():
                    if group < 0:
                        return np.repeat(self._totals_of_original(whole), part.stop - part.start, axis=0)
                    masks = slice(part.start - self.ends[group], part.stop - self.ends[group])
                    return self._totals_in_group(whole, group, masks, workspace)
            finally:
                workspaces.put(workspace)

        return totals

    def _totals_of_original(self, whole: "_Whole") -> NDArray[np.float64]:
        layers = whole.before(self._plan.count)
        return self._totals_of(self._sessions.rest(self._plan.kept, layers, {}, 1, new_array))

    def _totals_in_group(self, whole: "_Whole", k: int, masks: slice, workspace: Workspace) -> NDArray[np.float64]:
        group, offsets = self._plan.groups[k], self._plan.offsets[k]

        def memory(number: int, name: str, shape: Sequence[int]) -> Array:
            return workspace.array(offsets[number, name], shape)

        boxes = np.ascontiguousarray(self._boxes[group.images[masks]])
        image = self._sessions.divided.image.name
        patches = {image: Patch(self._filled[np.newaxis], np.zeros((len(boxes), 2), dtype=np.int32), boxes)}
        for number, place in enumerate(group.places):
            layers = whole.before(number)
            patches.update(self._sessions.stage(number, place.of(masks), layers, patches, memory))
        layers = whole.before(self._plan.count)
        return self._totals_of(self._sessions.rest(self._plan.kept, layers, patches, len(boxes), memory))

    def _totals_of(self, output: Array) -> NDArray[np.float64]:
        return CPU.channel_totals(self._network.channels_second(output), self._channels)


def _channels_first(image: Array) -> Array:
    """An arranged image with its channels as planes, as the stages have it."""
    return np.ascontiguousarray(np.moveaxis(image, 3, 0).reshape(-1, *image.shape[1:3], 1))


class _Whole:
    """The layers of the image without a mask, computed when they are first needed, while other runs go on."""

    def __init__(self, sessions: Sessions, original: Array) -> None:
        self._sessions = sessions
        self._layers = {sessions.divided.image.name: original}
        self._count = 0
        self._computing = threading.Lock()

    def before(self, number: int) -> Mapping[str, Array]:
        """The layers of all stages before that one; of others as well, perhaps."""
        while self._count < number:
            with self._computing:
                if self._count < number:
                    self._layers.update(self._sessions.stage_on_whole(self._count, self._layers))
                    self._count += 1
        return self._layers
