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
