"""Numbers as people read them: counts, sizes, speeds, durations. Pure, so that it is tested without a browser."""


def counted(count: int, one: str, many: str) -> str:
    """Count something: '1 picture', '2 pictures'."""
    return f"{count:,} {one if count == 1 else many}"


def megabytes(size: float) -> str:
    """Write a size in bytes in megabytes of a million bytes: '3.2 MB'."""
    return f"{size / 1e6:.1f} MB"


def file_size(size: int) -> str:
    """Write the size of a file in bytes; a small one in kilobytes, so that it is not zero megabytes."""
    return megabytes(size) if size >= 100_000 else f"{size / 1e3:.1f} kB"


def speed(per_second: float) -> str:
    """Write how many things are done in a time: '4.1 a second', or '15.0 a minute' for slow ones."""
    return f"{per_second:.1f} a second" if per_second >= 1 else f"{per_second * 60:.1f} a minute"


def duration(seconds: float) -> str:
    """Write a duration roughly: '40 s', '12 min', '3 h', '3 h 5 min'."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def progress(done: int, total: int, per_second: float) -> str:
    """Say how far something is: '12 of 300 · 4.1 a second · 2 min left'; without the rest while the rate is 0."""
    parts = [f"{done:,} of {total:,}"]
    if per_second:
        parts += [speed(per_second), f"{duration((total - done) / per_second)} left"]
    return " · ".join(parts)
