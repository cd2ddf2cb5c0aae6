"""MATLAB's occlusionSensitivity in Python: the same calls, by the same rules, for ONNX networks.

The public names are loaded when they are first used: ``import occlusion_sensitivity`` costs NumPy and nothing more.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .listing import is_dunder

if TYPE_CHECKING:
    from .drawings import draw_map
    from .explaining import explain
    from .explanation import Explanation
    from .faithfulness import deletion, insertion
    from .many import Maps, explain_images, open_maps
    from .network.dlnetwork import dlnetwork, importNetworkFromONNX
    from .network.layers import imageInputLayer
    from .network.pretrained import imagePretrainedNetwork
    from .occlusion import occlusionSensitivity
    from .pages import map_page
    from .pictures import imread
    from .resizing import imresize
    from .threads import thread_limit

__version__ = "0.1.0"
__all__ = [
    "Explanation",
    "Maps",
    "deletion",
    "dlnetwork",
    "draw_map",
    "explain",
    "explain_images",
    "imageInputLayer",
    "imagePretrainedNetwork",
    "importNetworkFromONNX",
    "imread",
    "imresize",
    "insertion",
    "map_page",
    "occlusionSensitivity",
    "open_maps",
    "thread_limit",
]

_MODULES = {
    "Explanation": ".explanation",
    "Maps": ".many",
    "deletion": ".faithfulness",
    "dlnetwork": ".network.dlnetwork",
    "draw_map": ".drawings",
    "explain": ".explaining",
    "explain_images": ".many",
    "imageInputLayer": ".network.layers",
    "imagePretrainedNetwork": ".network.pretrained",
    "importNetworkFromONNX": ".network.dlnetwork",
    "imread": ".pictures",
    "imresize": ".resizing",
    "insertion": ".faithfulness",
    "map_page": ".pages",
    "occlusionSensitivity": ".occlusion",
    "open_maps": ".many",
    "thread_limit": ".threads",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    # No module may be named like a public name: importing it would hide the name.
    return getattr(importlib.import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *filter(is_dunder, globals())})
