"""An image of the library as a card in a grid, and what its buttons are called."""

from pyscript import document

from frontend.page.browser.dom import find, make

SHOW = "show"
MORE = "more"
DELETE = "delete"
SELECT = "select"
ALSO = "also"
UNLIKE = "unlike"

NAMES = {SHOW: "Show", MORE: "More like", DELETE: "Delete", SELECT: "Select", ALSO: "Also like", UNLIKE: "Less like"}
"""What the buttons do, as readers say it before the picture's title."""

shown = {}
"""Image id -> the image as the API described it last: those with a card, and those near them."""

selected = {}
"""Image id -> {"id", "title"} of the images that are selected, whether they have a card now or not."""

leaving = {}
"""Image id -> its cards that were taken out of sight, each with the element that keeps its place."""


def card(image: dict, badge=None):
    """
    Make the card of an image, from the template in index.html.

    Args:
        badge: An element that says how well it matches; None where nothing was searched.
    """
    item = find("card").content.firstElementChild.cloneNode(True)
    item.dataset.id = image["id"]
    item.querySelector("img").src = image["thumbnail_url"]
    if badge:
        item.querySelector(".caption").prepend(badge)
    describe(item, image)
    show_selection(item)
    return place_of(item) if image["id"] in leaving else item


def redraw(image: dict) -> None:
    """Say on all cards of an image what it is like now; they themselves stay, and with them the focus."""
    shown[image["id"]] = image
    for item in cards_of(image["id"]):
        describe(item, image)


def describe(item, image: dict) -> None:
    """Write on a card what is known of its image."""
    shown[image["id"]] = image
    item.querySelector("img").alt = image["title"]
    for action, name in NAMES.items():
        item.querySelector(f'[data-action="{action}"]').setAttribute("aria-label", f"{name} {image['title']}")
    title = item.querySelector(".title")
    title.textContent = title.title = image["title"]
    item.querySelector(".words").replaceChildren(*words(image))
    item.querySelector(".size").textContent = f"{image['width']} × {image['height']}"


def cards_of(image_id: str) -> list:
    """Return the cards of an image in all grids."""
    return list(document.querySelectorAll(f'.card[data-id="{image_id}"]'))


def mark(images: list[dict], wanted: bool) -> None:
    """Select images or not, and show it on the cards there are."""
    for image in images:
        if wanted:
            selected[image["id"]] = {"id": image["id"], "title": image["title"]}
        else:
            selected.pop(image["id"], None)
    for item in cards_of(images[0]["id"]) if len(images) == 1 else list(document.querySelectorAll(".card")):
        if (item.dataset.id in selected) != item.classList.contains("selected"):
            show_selection(item)


def show_selection(item) -> None:
    """Show on a card whether its image is selected."""
    item.classList.toggle("selected", item.dataset.id in selected)
    item.querySelector(".select").checked = item.dataset.id in selected


def take_out(image_id: str) -> None:
    """Take an image's cards out of sight, and those that will be made of it; the library closes its gap by itself."""
    leaving.setdefault(image_id, [])
    for item in cards_of(image_id):
        if not item.closest(".window"):
            item.replaceWith(place_of(item))


def place_of(item):
    """Make what keeps the place of a card that is out of sight."""
    place = make("li", "place", data_id=item.dataset.id, hidden="")
    leaving[item.dataset.id].append((item, place))
    return place


def put_back(image_id: str) -> None:
    """Put the cards of an image back where they were, if that is still shown."""
    for item, place in leaving.pop(image_id, []):
        place.replaceWith(item)


def words(image: dict) -> list:
    """Make the words that belong to a picture: tags first, then what the model saw."""
    tags = [make("span", "tag", tag) for tag in image["tags"]]
    return tags + [
        make("span", "label", label["name"], title=f"{label['score'] * 100:.0f} % sure")
        for label in image["labels"][:2]
    ]


def action_of(event) -> tuple[str, dict]:
    """Return (action, image) of a click in a grid; ("", {}) where it hit no button."""
    button = event.target.closest("[data-action]")
    if not button:
        return "", {}
    return button.dataset.action, shown[button.closest("[data-id]").dataset.id]
