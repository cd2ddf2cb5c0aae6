"""Where a network file is open, and which networks share it."""

import threading
import weakref

from ..devices import Device
from ..forking import StaysInItsProcess, renewed_after_fork
from .graph import NetworkFile
from .session import NetworkSession
from .together import Together


class Places(StaysInItsProcess):
    """Where a network file is open: on each device at most once, from when it is first asked for."""

    def __init__(self, file: NetworkFile) -> None:
        self.file = file
        self._on: dict[Device, Together] = {}
        renewed_after_fork(self)

    @classmethod
    def shared(cls, file: NetworkFile) -> "Places":
        """Those of the same file and outputs that others share, or new ones, shared from now on."""
        return _SHARED.places(cls(file))

    def share(self) -> None:
        """Let networks that come back from a pickle take these places."""
        _SHARED.places(self)

    def renew(self) -> None:
        self._opening = threading.Lock()

    def on(self, device: Device) -> Together:
        with self._opening:
            if device not in self._on:
                self._on[device] = Together(self._opened(device))
            return self._on[device]

    def _opened(self, device: Device) -> NetworkSession:
        try:
            return NetworkSession(self.file, device)
        except ValueError as error:
            if not self._on:
                raise
            msg = f"The network cannot be opened on the GPU: {error}"  # it could be opened on the host
            raise RuntimeError(msg) from error


class _Shared:
    """The places that pickled networks and those that come back share, while any of them lives.

    Several sessions of one network would slow each other.
    """

    def __init__(self) -> None:
        self._places: weakref.WeakValueDictionary[object, Places] = weakref.WeakValueDictionary()
        renewed_after_fork(self)

    def renew(self) -> None:
        self._looking = threading.Lock()

    def places(self, new: Places) -> Places:
        """Those of the same file, as it is now, with the same outputs; `new` where there are none."""
        file = new.file
        key = (file.path, file.stamp, file.outputs, file.optimize)
        with self._looking:
            return self._places.setdefault(key, new)


_SHARED = _Shared()
