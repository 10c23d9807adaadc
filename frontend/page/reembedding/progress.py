"""How far a re-embedding is, in words, and how fast it goes."""


def sentence(progress: dict) -> str:
    """Say what waits."""
    left = progress["left"]
    if not left:
        return "All pictures that were added with another model are re-embedded."
    if left == 1:
        return "1 picture was added with another model and cannot be found yet."
    return f"{left:,} pictures were added with another model and cannot be found yet."


def invitation(progress: dict) -> str:
    """Say what can be done."""
    if not progress["left"]:
        return "Finish it"
    return "Re-embed it" if progress["left"] == 1 else "Re-embed them"


def models(progress: dict) -> str:
    """Say from which model to which: 'From drawn (3 pictures) to lookalike_v1.'"""
    parts = []
    for source in progress["sources"]:
        pictures = "picture" if source["images"] == 1 else "pictures"
        parts.append(f"{source['model'] or 'the model of space ' + source['space']} ({source['images']:,} {pictures})")
    return f"From {' and '.join(parts)} to {progress['model']}." if parts else f"All is of {progress['model']}."


class Rate:
    """How fast it goes, by what was done lately."""

    def __init__(self) -> None:
        self._marks = []

    def mark(self, now_s: float) -> None:
        """Count one picture, done at this moment."""
        self._marks.append(now_s)
        self._marks = self._marks[-KEPT:]

    def clear(self) -> None:
        """Forget all: after a pause the old speed says nothing."""
        self._marks = []

    def per_second(self) -> float:
        """Pictures in a second; 0 as long as there are too few to tell."""
        if len(self._marks) < 2 or self._marks[-1] <= self._marks[0]:
            return 0.0
        return (len(self._marks) - 1) / (self._marks[-1] - self._marks[0])


KEPT = 30
"""Pictures that the rate is judged by. A guess: some ten seconds."""


def duration(seconds: float) -> str:
    """Write a time for people, roughly: '40 s', '12 min', '3 h 5 min'."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
