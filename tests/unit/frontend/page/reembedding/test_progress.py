"""What the page says of a re-embedding."""

import pytest

from frontend.page.reembedding.progress import invitation, models, sentence


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
