"""Draws images as cards, and keeps every card on the page true to what is known of its image."""

from pyscript import document

from frontend.page.browser.dom import find, make
from frontend.page.grid.justified import proportion

# What the buttons of a card do; `data-action` in index.html.
OPEN = "open"
SIMILAR = "similar"
DELETE = "delete"
SELECT = "select"
MORE_LIKE = "more-like"
LESS_LIKE = "less-like"

# Action -> what a screen reader says before the photo's title.
LABELS = {
    OPEN: "Open",
    SIMILAR: "Show similar to",
    SELECT: "Select",
    MORE_LIKE: "More like",
    LESS_LIKE: "Less like",
}


class Cards:
    """All cards on the page, in whichever grid."""

    def __init__(self, known, addresses) -> None:
        """`known` is the page's `KnownImages`, and `addresses` its `FreshAddresses`."""
        self._known = known
        self._addresses = addresses
        # Id of a withdrawn image -> its cards in plain grids, each with the placeholder that keeps its position.
        self._replaced = {}

    def make(self, image: dict, score: float | None = None):
        """
        Make the card of an image, from the template in index.html; a placeholder for one that is withdrawn.

        Args:
            score: How well it matches; None where nothing was compared.
        """
        card = find("card").content.firstElementChild.cloneNode(True)
        card.dataset.id = image["id"]
        card.style.setProperty("--ratio", f"{proportion(image['width'], image['height']):.4f}")
        if image.get("color"):
            card.style.backgroundColor = image["color"]
        if score is not None:
            card.querySelector(".picture").title = f"{score:.2f} alike"
        self._known.learn(image)
        self._addresses.show(card.querySelector("img"), image)
        describe(card, image)
        self._show_selection(card)
        return self._placeholder(card) if self._known.is_withdrawn(image["id"]) else card

    def redraw(self, image: dict) -> None:
        """Describe an image anew on all its cards; they stay in the document, and one of them keeps the focus."""
        self._known.learn(image)
        for card in cards_of(image["id"]):
            describe(card, image)

    def select(self, images: list[dict]) -> None:
        """Select images, and show it on their cards."""
        self._known.select(images)
        self._show_selections(images)

    def deselect(self, images: list[dict]) -> None:
        """Deselect images, and show it on their cards."""
        self._known.deselect(images)
        self._show_selections(images)

    def withdraw(self, image_id: str) -> None:
        """Hide the cards of an image, and those that will be made of it, until it is deleted or restored."""
        self._known.withdraw(image_id)
        for card in cards_of(image_id):
            if not card.closest(".window"):  # The library's grid closes the gap by itself.
                card.replaceWith(self._placeholder(card))

    def restore(self, image_id: str) -> None:
        """Put the cards of an image back where they were, where that is still shown."""
        self._known.restore(image_id)
        for card, placeholder in self._replaced.pop(image_id, []):
            placeholder.replaceWith(card)

    def clicked(self, event) -> tuple[str, dict]:
        """Return (action, image) of a click in a grid; ("", {}) where it hit no button."""
        button = event.target.closest("[data-action]")
        if not button:
            return "", {}
        return button.dataset.action, self._known.get(button.closest("[data-id]").dataset.id)

    def _placeholder(self, card):
        """Make the element that keeps the position of a hidden card."""
        placeholder = make("li", "placeholder", data_id=card.dataset.id, hidden="")
        self._replaced.setdefault(card.dataset.id, []).append((card, placeholder))
        return placeholder

    def _show_selections(self, images: list[dict]) -> None:
        for card in cards_of(images[0]["id"]) if len(images) == 1 else list(document.querySelectorAll(".card")):
            if self._known.is_selected(card.dataset.id) != card.classList.contains("selected"):
                self._show_selection(card)

    def _show_selection(self, card) -> None:
        selected = self._known.is_selected(card.dataset.id)
        card.classList.toggle("selected", selected)
        card.querySelector(".select").checked = selected


def cards_of(image_id: str) -> list:
    """Return the cards of an image in all grids."""
    return list(document.querySelectorAll(f'.card[data-id="{image_id}"]'))


def describe(card, image: dict) -> None:
    """Write title and tags of an image on its card."""
    card.querySelector("img").alt = image["title"]
    for action, label in LABELS.items():
        for button in list(card.querySelectorAll(f'[data-action="{action}"]')):
            button.setAttribute("aria-label", f"{label} {image['title']}")
    card.querySelector(".title").textContent = image["title"]
    card.querySelector(".tags").replaceChildren(*[make("span", "tag", tag) for tag in image["tags"]])
