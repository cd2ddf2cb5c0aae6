"""What is drawn, as numbers."""

import numpy as np


def drawn(pyplot):
    """The pixels of the current figure, RGB."""
    canvas = pyplot.gcf().canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def colours_of(image):
    """The colours in which an image is drawn, 0…1."""
    data = np.asarray(image.get_array())
    return data if data.ndim == 3 else image.to_rgba(image.get_array())[..., :3]
