"""Progress bars: tqdm's."""

from collections.abc import Iterator
from contextlib import contextmanager

from .arguments import expected
from .mini_batches import Progress
from .packages import is_installed, missing


def check_progress(progress: object) -> None:
    """Raise TypeError unless it is what shown_progress takes."""
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        raise TypeError(expected("progress", "True, False or a function of (done, total)", progress))


@contextmanager
def shown_progress(progress: "bool | Progress | None", *, before: int = 0) -> Iterator[Progress | None]:
    """What tells of the progress: nothing, a bar where True (in a notebook one of its own), or a callable as it is.

    `before` are those that were done before, which tell nothing of the speed.
    """
    check_progress(progress)
    if progress is None or progress is False:
        yield None
    elif progress is True:
        with progress_bar(before=before) as bar:
            yield bar
    else:
        yield progress


@contextmanager
def progress_bar(*, only_on_a_terminal: bool = False, before: int = 0) -> Iterator[Progress]:
    """A bar that goes away at the end."""
    try:
        from tqdm.std import tqdm

        # Without the widgets of notebooks, tqdm's own choice warns; a bar of text is as good.
        if not only_on_a_terminal and is_installed("ipywidgets"):
            from tqdm.auto import tqdm
    except ImportError as error:
        raise missing("A progress bar needs", "tqdm", "pictures", error) from error
    made = tqdm(disable=None if only_on_a_terminal else False, unit=" images", leave=False, initial=before)
    with made as bar:

        def tell(done: int, total: int) -> None:
            if bar.total != total:
                bar.total = total
                bar.refresh()
            bar.update(done - bar.n)

        yield tell
