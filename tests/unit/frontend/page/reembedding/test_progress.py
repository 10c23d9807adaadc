"""What the page says of a re-embedding, and how it judges its speed."""

import pytest

from frontend.page.reembedding.progress import Rate, duration, invitation, models, sentence


@pytest.mark.parametrize(
    ("left", "said", "offered"),
    [
        (0, "All pictures", "Finish it"),
        (1, "1 picture was", "Re-embed it"),
        (1200, "1,200 pictures were", "Re-embed them"),
    ],
)
def test_notice(left: int, said: str, offered: str) -> None:
    """It counts what waits, and offers what can be done."""
    assert sentence({"left": left}).startswith(said)
    assert invitation({"left": left}) == offered


def test_models() -> None:
    """A model that was never on this machine goes by its space."""
    sources = [{"space": "a1", "model": "old", "images": 3}, {"space": "b2", "model": None, "images": 1}]
    expected = "From old (3 pictures) and the model of space b2 (1 picture) to new."
    assert models({"sources": sources, "model": "new"}) == expected
    assert models({"sources": [], "model": "new"}) == "All is of new."


def test_rate() -> None:
    """It is that of the last pictures, and nothing until there are two."""
    rate = Rate()
    assert rate.per_second() == 0
    for second in [0, *range(1000, 1060, 2)]:
        rate.mark(second)
    assert rate.per_second() == 0.5
    rate.clear()
    assert rate.per_second() == 0


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (3599, "1 h 0 min"), (9000, "2 h 30 min")]
)
def test_duration(seconds: float, said: str) -> None:
    """Times are told roughly."""
    assert duration(seconds) == said
