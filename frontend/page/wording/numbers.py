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
    """Write how many things are done in a time, in whole numbers: '4 a second', '90 a minute', '30 an hour'."""
    if per_second >= 1.95:
        return f"{per_second:,.0f} a second"
    per_minute = per_second * 60
    return f"{per_minute:.0f} a minute" if per_minute >= 1.95 else f"{per_minute * 60:.0f} an hour"


def duration(seconds: float) -> str:
    """Write a duration roughly: '40 seconds', '1 minute', '3 hours', '3 hours 5 minutes'."""
    whole = max(1, round(seconds))
    if whole < 60:
        return counted(whole, "second", "seconds")
    minutes = round(seconds / 60)
    if minutes < 60:
        return counted(minutes, "minute", "minutes")
    hours, minutes = divmod(minutes, 60)
    text = counted(hours, "hour", "hours")
    return f"{text} {counted(minutes, 'minute', 'minutes')}" if minutes else text


def progress(done: int, total: int, per_second: float) -> str:
    """Say how far something is: '12 of 300 · 4 a second · 1 minute left'; without the rest while the rate is 0."""
    parts = [f"{done:,} of {total:,}"]
    if per_second:
        parts += [speed(per_second), f"{duration((total - done) / per_second)} left"]
    return " · ".join(parts)
