"""The results of a search: cards, best first, with how strong each match is."""

from frontend.page.browser.dom import find, make
from frontend.page.wording.numbers import counted
from frontend.page.wording.strength import meaning, nothing_alike, strength

# What stands in place of `meaning` where several photos were searched with.
SEVERAL = (
    "Cosine similarity to all examples together: 1 means the same. How similar unrelated photos come out then has not "
    "been measured."
)


class Results:
    """The section of the results; hidden while there is no search."""

    def __init__(self, cards) -> None:
        """`cards` are the page's `Cards`."""
        self._cards = cards
        self._spent = ""

    def show(self, title: str, matches: list, spent: str, nothing: str, unrelated: dict | None, several: bool) -> None:
        """
        Show matches.

        Args:
            title: What was searched with.
            matches: As the API gives them, best first.
            spent: What took how long.
            nothing: What to say if there are none.
            unrelated: What unrelated photos reach, see `strength`; None if it was not measured.
            several: Whether several photos were searched with. What unrelated pairs reach says nothing about the
                likeness to a mean of photos, so the strength is given in numbers only.
        """
        if several:
            unrelated = None
        self._spent = spent
        find("results-title").textContent = title
        cards = [self._cards.make(match["image"], badge(match["score"], unrelated)) for match in matches]
        find("matches").replaceChildren(*(cards or [make("li", "empty", nothing)]))
        find("matches").removeAttribute("aria-busy")
        find("nothing-alike").hidden = not nothing_alike([match["score"] for match in matches], unrelated)
        find("results-meaning").textContent = SEVERAL if several else meaning(unrelated)
        self._summarise()
        find("results").hidden = False

    def wait(self) -> None:
        """Show that the results are about to be replaced."""
        find("matches").setAttribute("aria-busy", "true")

    def come_into_view(self) -> None:
        """Scroll to the results; screen readers go on from there."""
        find("results").scrollIntoView({"block": "start"})
        find("results").focus({"preventScroll": True})

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        for element in list(find("matches").querySelectorAll(f'[data-id="{image_id}"]')):
            element.remove()
        self._summarise()

    def hide(self) -> None:
        """Hide the results."""
        find("results").hidden = True

    def _summarise(self) -> None:
        count = find("matches").querySelectorAll(".card").length
        find("results-summary").textContent = f"{counted(count, 'match', 'matches')} · {self._spent}"


def badge(score: float | None, unrelated: dict | None):
    """Make the element that says how strong a match is; None for a match that was found by words alone."""
    if score is None:
        return None
    element = make("span", "badge", title=meaning(unrelated))
    element.append(make("span", "score", f"{score:.2f}"))
    words = strength(score, unrelated)
    if words:
        element.append(" ", make("span", "strength", words))
    return element
