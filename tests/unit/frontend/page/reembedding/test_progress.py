"""What the page says of a re-embedding."""

import pytest

from frontend.page.reembedding.progress import link_text, models_text, progress_text, waiting_text


@pytest.mark.parametrize(
    ("left", "said", "offered"),
    [
        (0, "All photos", "Finish"),
        (1, "1 photo was", "Re-embed it"),
        (1200, "1,200 photos were", "Re-embed them"),
    ],
)
def test_notice(left: int, said: str, offered: str) -> None:
    """It counts what waits, and offers what can be done."""
    assert waiting_text({"left": left}).startswith(said)
    assert link_text({"left": left}) == offered


def test_models() -> None:
    """A model that was never on this machine goes by its space."""
    sources = [{"space": "a1", "model": "old", "images": 3}, {"space": "b2", "model": None, "images": 1}]
    expected = "From old (3 photos) and the model of space b2 (1 photo) to new."
    assert models_text({"sources": sources, "model": "new"}) == expected
    assert models_text({"sources": [], "model": "new"}) == "All photos were added with new."


def test_progress() -> None:
    """Only a browser that works says how fast it is; what cannot be read takes it no time."""
    progress = {"total": 1300, "left": 310, "unreadable": 10}
    assert progress_text(progress, 0) == "990 of 1,300 photos"
    assert progress_text(progress, 0.5) == (
        "990 of 1,300 photos · 30 a minute in this browser, which alone would take 10 minutes"
    )
