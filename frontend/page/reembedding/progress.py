"""How far a re-embedding is, in words. `progress` is the API's answer."""

from frontend.page.wording.numbers import counted, duration, speed


def waiting_text(progress: dict) -> str:
    """Say how many photos wait."""
    if not progress["left"]:
        return "All photos that were added with another model are re-embedded."
    photos = counted(progress["left"], "photo was", "photos were")
    return f"{photos} added with another model and cannot be found yet."


def link_text(progress: dict) -> str:
    """Say what can be done about it."""
    if not progress["left"]:
        return "Finish"
    return "Re-embed it" if progress["left"] == 1 else "Re-embed them"


def models_text(progress: dict) -> str:
    """Say from which model to which: 'From drawn (3 photos) to lookalike_v1.'"""
    parts = []
    for source in progress["sources"]:
        model = source["model"] or f"the model of space {source['space']}"
        parts.append(f"{model} ({counted(source['images'], 'photo', 'photos')})")
    if not parts:
        return f"All photos were added with {progress['model']}."
    return f"From {' and '.join(parts)} to {progress['model']}."


def progress_text(progress: dict, per_second: float) -> str:
    """Say how many are done in all, and, unless the rate is 0, how fast this browser is and how long it would take."""
    total, left = progress["total"], progress["left"]
    done = f"{total - left:,} of {counted(total, 'photo', 'photos')}"
    if not per_second:
        return done
    time_left = duration(unread(progress) / per_second)
    return f"{done} · {speed(per_second)} in this browser, which alone would take {time_left}"


def unread(progress: dict) -> int:
    """Return how many wait that were not found to be unreadable."""
    return progress["left"] - progress["unreadable"]
