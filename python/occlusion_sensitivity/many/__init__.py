"""explain_images: maps of many images, in a store that survives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

import numpy as np

from ..arguments import as_text, expected, positive_integer, text_choice
from ..calls import AnyNetwork
from ..execution import network_in
from ..images import InputSize
from ..mini_batches import Progress
from ..name_values import NameValues
from ..network.pretrained import imagePretrainedNetwork
from ..option_types import Numbers, OcclusionSensitivityOptions, Texts
from ..options import DEFAULT_NUM_STEPS, OPTION_NAMES
from ..progress import check_progress
from .maps import Maps, open_maps
from .plan import Plan, own_arguments
from .run import Here, OnError, Pool, run_plan
from .sources import sources_of

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Maps", "explain_images", "open_maps"]


def explain_images(
    net: AnyNetwork | None,
    images: Any,
    store: str | os.PathLike[str],
    classNames: Texts | None = None,
    *,
    channels: Numbers | Texts = "best",
    fit: Literal["squash", "crop"] | None = None,
    pixel_range: float | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    layer: str | None = None,
    faithfulness: bool | int = False,
    client: Client | str | int | None = None,
    on_error: Literal["record", "raise"] = "record",
    progress: bool | Progress | None = None,
    **options: Unpack[OcclusionSensitivityOptions],
) -> Maps:
    """Explain what a network sees in many images: a map of each, in a store on the disk.

    What is done is not done again: the same call goes on where another ended, in whatever way that was. Images that are
    new are added, and those whose content changed are explained again.

    Parameters
    ----------
    net : dlnetwork, DAGNetwork, SeriesNetwork or None
        None is EfficientNet-Lite0 with the classes of ImageNet.
    images : str, os.PathLike, sequence of these, or array_like N×H×W or N×H×W×C
        A folder, with all pictures below it; a pattern (``photos/**/*.jpg``); a URL of either that fsspec knows; a list
        of files, or an imageDatastore; or the images themselves, in an array of NumPy's or Dask's. Those of the
        network's size are taken as :func:`occlusionSensitivity` takes them, all others as :func:`explain` does.
    store : str or os.PathLike
        A folder, which the first call makes; see docs/store.md.
    classNames : array_like of str, optional
        The names of the output channels; by default those that net has.
    channels : "best", "best K", int, str, or vector of int or str, default "best"
        What is explained of each image: the class with the highest score, or the K with the highest; output channels,
        from 1; or classes by their names.
    fit, pixel_range, mean, std, layer
        How an image becomes the network's; see :func:`explain`.
    faithfulness : bool or int, default False
        Whether the curves of :func:`deletion` and :func:`insertion` of each map are kept in the store as well, or in
        how many steps: 20 by default. They take about a third of the time that the map takes, for each class.
    client : distributed.Client, str or int, optional
        Where it is computed: the workers of a Dask cluster, by its client or the address of its scheduler; or so many
        workers that are started on this machine for this call. By default here, one image after another.
    on_error : {"record", "raise"}, default "record"
        Whether an image that cannot be read, or that makes the network fail, is recorded with its error; or ends the
        run. The next call tries it again.
    progress : bool or callable, default False
        Whether a bar is shown; or what is called with how many of how many images are in the store.
    **options
        Of :func:`occlusionSensitivity`.

    Returns
    -------
    maps : Maps
        The store, opened.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above; if the store holds maps that were made in another way: by
        another network, with other options, or by a release that gives other numbers.
    FileNotFoundError
        If there are no such images.
    RuntimeError
        If another run is writing the store, the disk is full, or the cluster is gone. What is finished is in the store.
    ImportError
        If Zarr, ONNX Runtime or, with a client, Dask is missing.

    Warns
    -----
    RuntimeWarning
        If images changed since an earlier call, or are no longer among those given; if the values of the pictures
        hardly fit the network; if the network's output is NaN or infinite.

    Notes
    -----
    This function is this package's own; MATLAB has none like it. The maps are those of occlusionSensitivity: `imresize`
    of the drops on the mask grid, which are what is stored.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> images = np.zeros((3, 60, 80, 3), dtype=np.uint8)
    >>> images[:, 20:40, 30:60] = 200
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     maps = explain_images(None, images, f"{folder}/maps.zarr", channels=[1, 2], Stride=56)
    ...     maps.table()["class"][0].tolist(), maps.drops(0).shape
    (['tench', 'goldfish'], (4, 4, 2))
    """
    own = own_arguments(channels, {"fit": fit, "pixel_range": pixel_range, "mean": mean, "std": std, "layer": layer})
    given = NameValues.parse((), options, OPTION_NAMES)
    steps = _num_steps("faithfulness", faithfulness)
    return images_explained(net, images, store, classNames, own, given, steps, client, on_error, progress)


def images_explained(
    net: AnyNetwork | None,
    images: Any,
    store: str | os.PathLike[str],
    class_names: Any,
    own: NameValues,
    options: NameValues,
    num_steps: int | None,
    client: Any,
    on_error: object,
    progress: bool | Progress | None,
    typed: Mapping[str, str] = MappingProxyType({}),
) -> Maps:
    """explain_images with its arguments sorted; errors name those in `typed` as it says."""
    checked = cast(OnError, text_choice("on_error", on_error, ("record", "raise")))
    check_progress(progress)
    sources = sources_of(images, typed.get("images", "images"))
    pool = _pool(client, typed.get("client", "client"))
    if net is None:
        net, embedded_names = imagePretrainedNetwork()
        class_names = embedded_names if class_names is None else class_names
    plan = Plan(net, class_names, own, options, num_steps, typed.get("classNames", "classNames"))
    _check_steps(typed.get("faithfulness", "faithfulness"), num_steps, plan.job.network.input_size)
    if plan.environment == "gpu" and (client is None or isinstance(client, int)):  # a cluster's GPUs are its own
        network_in(plan.job.network, plan.environment, options.typed("ExecutionEnvironment"))
    run_plan(plan, sources, store, typed.get("store", "store"), pool, checked, progress)
    return open_maps(store)


def _num_steps(name: str, value: object) -> int | None:
    """Into how many steps deletion and insertion are cut; None for neither."""
    if isinstance(value, bool | np.bool_):
        return DEFAULT_NUM_STEPS if value else None
    if as_text(value) is not None or value is None:
        raise TypeError(expected(name, "True, False or a positive integer", value))
    return positive_integer(name, value)


def _check_steps(typed: str, num_steps: int | None, input_size: InputSize) -> None:
    """Raise ValueError for more steps than the network's image has pixels, where that is known before it is read."""
    rows, cols, _ = input_size
    if num_steps is not None and rows is not None and cols is not None and num_steps > rows * cols:
        allowed = f"a positive integer of at most {rows * cols}, the number of pixels of the network's image"
        raise ValueError(expected(typed, allowed, num_steps))


def _pool(client: Any, typed: str) -> Pool:
    if client is None:
        return Here()
    from .cluster import Cluster

    return Cluster(client, typed)
