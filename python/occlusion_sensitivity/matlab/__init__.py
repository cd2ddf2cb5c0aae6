"""The names that a MATLAB script around occlusionSensitivity uses: ``from occlusion_sensitivity.matlab import *``.

Importing this changes nothing outside; matplotlib is imported when the first picture is drawn. No name here is a Python
built-in; ``string`` is also the name of a module of Python's library, which a later ``import string`` would put in its
place.

The names lie in files by subject, each of which lists its own; SUBJECTS is the table of them all.
"""

from typing import TYPE_CHECKING

from ..listing import is_dunder
from . import (
    arrays,
    casts,
    categoricals,
    colorbars,
    colours,
    datastores,
    drawing,
    figures,
    labels,
    layouts,
    montages,
    networks,
    ordering,
    pictures,
    prediction,
    printing,
    saving,
    shapes,
    text,
    timing,
    views,
)
from .arrays import *
from .casts import *
from .categoricals import *
from .colorbars import *
from .colours import *
from .datastores import *
from .drawing import *
from .figures import *
from .labels import *
from .layouts import *
from .montages import *
from .networks import *
from .ordering import *
from .pictures import *
from .prediction import *
from .printing import *
from .saving import *
from .shapes import *
from .text import *
from .timing import *
from .views import *

# From these, the documentation's tables are made (tools/write_migrating.py).
SUBJECTS = {
    "Networks": networks,
    "Running networks": prediction,
    "Pictures as files and arrays": pictures,
    "Folders of pictures": datastores,
    "Drawing": drawing,
    "Several pictures": montages,
    "Figures and axes": figures,
    "What axes keep and show": views,
    "Tiled layouts": layouts,
    "Titles and labels": labels,
    "Colours": colours,
    "Colour bars": colorbars,
    "Files of figures and pictures": saving,
    "Text": text,
    "What is printed": printing,
    "Class labels": categoricals,
    "Casts": casts,
    "Numbers": arrays,
    "Sorting": ordering,
    "Sizes": shapes,
    "Time": timing,
}

# Type checkers take the names from the star imports above: they add no lists of other modules.
if not TYPE_CHECKING:
    __all__ = [name for subject in SUBJECTS.values() for name in subject.__all__]

    def __dir__() -> list[str]:
        return sorted({*__all__, *filter(is_dunder, globals())})
