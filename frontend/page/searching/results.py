"""The results of a search: photos in groups by how strong the match is, best first."""

from frontend.page.browser.dom import find, make
from frontend.page.wording.numbers import counted
from frontend.page.wording.strength import LESS, groups, meaning

# What stands in place of `meaning` where several photos were searched with.
SEVERAL = (
    "Cosine similarity to all examples together: 1 means the same. How similar unrelated photos come out then has not "
    "been measured."
)

# The heading where nothing tells how strong a match is.
UNTOLD = "Best matches"

# How many weak matches are shown at first: a row or two. Fewer than so many more are not worth a fold.
WEAK_SHOWN = 12
FEWEST_FOLDED = 4


class Results:
    """The groups on the right of the results."""

    def __init__(self, cards) -> None:
        """`cards` are the page's `Cards`."""
        self._cards = cards

    def show(self, title: str, matches: list, nothing: str, unrelated: dict | None, several: bool, sha256: str) -> None:
        """
        Show matches.

        Args:
            title: What was searched with.
            matches: As the API gives them, best first.
            nothing: What to say if there are none.
            unrelated: What unrelated photos reach, see `strength`; None if it was not measured.
            several: Whether several photos were searched with. What unrelated pairs reach says nothing about the
                likeness to a mean of photos, so these are in one group.
            sha256: Of the file that was searched with, see `groups`.
        """
        find("results-title").textContent = title
        parted = groups(matches, None if several else unrelated, sha256)
        explained = SEVERAL if several else meaning(unrelated)
        alone = len(parted) == 1 and parted[0][0] == LESS
        sections = [make("p", "nothing-alike", "No similar photos in your library")] if alone else []
        for phrase, of_group in parted:
            sections.append(self._group("Closest anyway" if alone else phrase, of_group, explained))
        find("matches").replaceChildren(*(sections or [make("p", "empty", nothing)]))
        find("matches").removeAttribute("aria-busy")
        self._summarise()

    def wait(self) -> None:
        """Show that the results are about to be replaced."""
        find("matches").setAttribute("aria-busy", "true")

    def clear(self) -> None:
        """Show that nothing is found yet; the title is no longer that of another search."""
        find("results-title").textContent = "Similar photos"
        find("matches").replaceChildren()
        self.wait()
        find("results-summary").textContent = ""

    def come_into_view(self) -> None:
        """Let screen readers go on from the results."""
        find("results").focus({"preventScroll": True})

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        for element in list(find("matches").querySelectorAll(f'[data-id="{image_id}"]')):
            group = element.closest(".group")
            element.remove()
            if not group.querySelector("[data-id]"):
                group.remove()
        self._summarise()

    def _group(self, phrase: str, matches: list, explained: str):
        """Make the element of a group; of weak matches, which are dimmed, many are folded."""
        weak = phrase == LESS
        group = make("section", "group weak" if weak else "group")
        group.setAttribute("aria-label", phrase or UNTOLD)
        group.append(make("h3", "divider" if weak else "", phrase or UNTOLD, title=explained))
        shown = WEAK_SHOWN if weak and len(matches) > WEAK_SHOWN + FEWEST_FOLDED else len(matches)
        group.append(self._rows(matches[:shown]))
        if matches[shown:]:
            folded = make("details")
            folded.append(make("summary", "", f"Show {len(matches) - shown} more"), self._rows(matches[shown:]))
            group.append(folded)
        return group

    def _rows(self, matches: list):
        photos = make("ul", "rows")
        photos.append(*[self._cards.make(match["image"], match["score"]) for match in matches])
        return photos

    def _summarise(self) -> None:
        count = find("matches").querySelectorAll(".card").length
        find("results-summary").textContent = counted(count, "match", "matches")
