"""Two functions timed in turn, in one process."""

import statistics
import time


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def paired_ratio(a, b, pairs):
    """Run a and b in turn; print both medians and the median, minimum and maximum of a/b over the pairs."""
    a(), b()  # warm up
    times = [(seconds(a), seconds(b)) for _ in range(pairs)]
    ratios = [time_a / time_b for time_a, time_b in times]
    medians = [statistics.median(side) for side in zip(*times, strict=True)]
    print(
        f"  {medians[0] * 1e3:9.1f} ms against {medians[1] * 1e3:9.1f} ms; "
        f"ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} … {max(ratios):.3f}, {pairs} pairs)"
    )
