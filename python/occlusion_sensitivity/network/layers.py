"""Layers as a dlnetwork shows them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageInputLayer:
    """The layer that takes the image.

    Attributes
    ----------
    Name : str
        Name of the network's input.
    InputSize : (int or None, int or None, int or None)
        Height, width and channels; None where the network takes any.
    """

    Name: str
    InputSize: tuple[int | None, int | None, int | None]
