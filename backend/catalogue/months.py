"""Counts images by month."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .values import MonthCount


def by_month(moments_ms: npt.NDArray[np.int64], offset_min: int, descending: bool) -> Sequence[MonthCount]:
    """
    Count moments by month, in order of time; months without any are left out.

    Args:
        moments_ms: (N,), milliseconds since 1970 (UTC), in any order.
        offset_min: How many minutes the local time whose months count is ahead of UTC.
    """
    local = (moments_ms + 60_000 * offset_min).astype("datetime64[ms]").astype("datetime64[M]")
    months, counts = np.unique(local, return_counts=True)
    found = [MonthCount(str(month), int(count)) for month, count in zip(months, counts, strict=True)]
    return found[::-1] if descending else found
