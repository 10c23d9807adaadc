"""The results of a search: photos in groups by how strong the match is, best first."""

from frontend.page.browser.dom import find, make
from frontend.page.searching.arrangement import arranged
from frontend.page.searching.result_controls import ResultControls
from frontend.page.wording.numbers import counted
from frontend.page.wording.strength import ALMOST, ALREADY, LESS

# Explains numbers where nothing tells what they mean.
UNMEASURED = "How alike, up to 1. How alike unrelated photos come out of this model has not been measured."

EXPLAINED = {
    ALREADY: "The very same file.",
    ALMOST: "The same picture, perhaps saved anew, resized, recoloured, turned or framed.",
}

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
        self._controls = ResultControls(self._arrange)
        self._matches = []
        self._scale = None
        self._sha256 = ""
        self._nothing = ""

    def show(self, title: str, matches: list, nothing: str, scale, sha256: str) -> None:
        """
        Show matches.

        Args:
            title: What was searched with.
            matches: As the API gives them, best first.
            nothing: What to say if there are none.
            scale: The `Scale` of their strength; None if it was not measured.
            sha256: Of the file that was searched with, see `groups`.
        """
        find("results-title").textContent = title
        self._matches, self._nothing, self._scale, self._sha256 = matches, nothing, scale, sha256
        self._controls.fit(matches)
        self._arrange()
        find("matches").removeAttribute("aria-busy")

    def _arrange(self) -> None:
        """Show the matches as the controls want them."""
        parted = arranged(self._matches, self._scale, self._sha256, self._controls.order, self._controls.least())
        explained = self._scale.meaning() if self._scale else UNMEASURED
        alone = len(parted) == 1 and parted[0][0] == LESS
        sections = [make("p", "nothing-alike", "No similar photos in your library")] if alone else []
        for phrase, stacks in parted:
            sections.append(self._group("Closest anyway" if alone else phrase, stacks, explained))
        find("matches").replaceChildren(*(sections or [make("p", "empty", self._nothing)]))
        self._summarise()

    def wait(self) -> None:
        """Show that the results are about to be replaced."""
        find("matches").setAttribute("aria-busy", "true")

    def clear(self) -> None:
        """Show that nothing is found yet; the title is no longer that of another search."""
        find("results-title").textContent = "Similar photos"
        find("matches").replaceChildren()
        find("results-tools").hidden = True
        self._controls.reset()
        self.wait()
        find("results-summary").textContent = ""

    def come_into_view(self) -> None:
        """Let screen readers go on from the results."""
        find("results").focus({"preventScroll": True})

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        self._matches = [match for match in self._matches if match["image"]["id"] != image_id]
        for element in list(find("matches").querySelectorAll(f'[data-id="{image_id}"]')):
            group = element.closest(".group")
            element.remove()
            if not group.querySelector("[data-id]"):
                group.remove()
        self._summarise()

    def _group(self, phrase: str, stacks: list, explained: str):
        """Make the element of a group; of weak matches, which are dimmed, many are folded."""
        weak = phrase == LESS
        group = make("section", "group weak" if weak else "group")
        group.setAttribute("aria-label", phrase or UNTOLD)
        group.append(make("h3", "divider" if weak else "", phrase or UNTOLD, title=EXPLAINED.get(phrase, explained)))
        shown = WEAK_SHOWN if weak and len(stacks) > WEAK_SHOWN + FEWEST_FOLDED else len(stacks)
        group.append(self._rows(stacks[:shown]))
        if stacks[shown:]:
            folded = make("details")
            folded.append(make("summary", "", f"Show {len(stacks) - shown} more"), self._rows(stacks[shown:]))
            group.append(folded)
        return group

    def _rows(self, stacks: list):
        photos = make("ul", "rows")
        photos.append(*[self._stack(match, versions) for match, versions in stacks])
        return photos

    def _stack(self, match: dict, versions: list):
        """Make the card of a match; versions of the same photo lie under it until somebody asks for them."""
        card = self._card(match)
        if versions:
            said = counted(len(versions), "more version of this photo", "more versions of this photo")
            button = make("button", "stack", f"+{len(versions)}", type="button", title=f"Show {said}")
            button.setAttribute("aria-label", f"Show {said}")
            button.addEventListener("click", lambda event: self._unfold(event, card, versions))
            card.append(button)
        return card

    def _unfold(self, event, card, versions: list) -> None:
        event.stopPropagation()
        event.currentTarget.remove()
        card.after(*[self._card(match) for match in versions])
        card.querySelector(".picture").focus()
        self._summarise()

    def _card(self, match: dict):
        return self._cards.make(match["image"], match["score"])

    def _summarise(self) -> None:
        count = find("matches").querySelectorAll(".card").length
        find("results-summary").textContent = counted(count, "match", "matches")
