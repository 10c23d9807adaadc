"""An image of the library as a card in a grid, and what its buttons are called."""

from pyscript import document

from frontend.page.dom import make

SHOW = "show"
MORE = "more"
DELETE = "delete"
SELECT = "select"
ALSO = "also"
UNLIKE = "unlike"

NAMES = {SHOW: "Show", MORE: "More like", DELETE: "Delete", SELECT: "Select", ALSO: "Also like", UNLIKE: "Less like"}
"""What the buttons do, as readers say it before the picture's title."""

shown = {}
"""Image id -> the image as the API described it last, for the cards in the document."""

selected = set()
"""The ids of the images that are selected, whether they have a card now or not."""

leaving = {}
"""Image id -> its cards that were taken out of sight, each with the element that keeps its place."""


def card(image: dict, badge=None):
    """
    Make the card of an image.

    Args:
        badge: An element that says how well it matches; None where nothing was searched.
    """
    item = make("li", "card", data_id=image["id"])
    # By CORS, as a page in isolation may show pictures of another origin, such as a bucket's, in no other way.
    picture = make("img", loading="lazy", decoding="async", crossorigin="anonymous")
    picture.src = image["thumbnail_url"]
    show = make("button", "picture", type="button", data_action=SHOW, title="Show")
    show.append(picture)
    more = make("button", "more", "More like this", type="button", data_action=MORE)
    delete = make("button", "delete", "×", type="button", data_action=DELETE, title="Delete")
    select = make("input", "select", type="checkbox", data_action=SELECT, title="Select (with Shift: all up to here)")
    frame = make("div", "frame")
    frame.append(show, more, delete, select)
    item.append(frame, caption(image, badge), example_buttons())
    describe(item, image)
    show_selection(item)
    return place_of(item) if image["id"] in leaving else item


def redraw(image: dict) -> None:
    """Say on all cards of an image what it is like now; they themselves stay, and with them the focus."""
    for item in cards_of(image["id"]):
        describe(item, image)


def describe(item, image: dict) -> None:
    """Write on a card what is known of its image."""
    shown[image["id"]] = image
    item.querySelector("img").alt = image["title"]
    for action, name in NAMES.items():
        item.querySelector(f'[data-action="{action}"]').setAttribute("aria-label", f"{name} {image['title']}")
    item.querySelector(".caption").replaceWith(caption(image, item.querySelector(".badge")))


def cards_of(image_id: str) -> list:
    """Return the cards of an image in all grids."""
    return list(document.querySelectorAll(f'.card[data-id="{image_id}"]'))


def mark(image_id: str, wanted: bool) -> None:
    """Select an image or not, and show it on its cards."""
    if wanted:
        selected.add(image_id)
    else:
        selected.discard(image_id)
    for item in cards_of(image_id):
        show_selection(item)


def mark_more(image_ids: list[str]) -> None:
    """Select many images, and show it on the cards there are."""
    selected.update(image_ids)
    for item in list(document.querySelectorAll(".card:not(.selected)")):
        if item.dataset.id in selected:
            show_selection(item)


def mark_none() -> None:
    """Select no image any more."""
    selected.clear()
    for item in list(document.querySelectorAll(".card.selected")):
        show_selection(item)


def show_selection(item) -> None:
    """Show on a card whether its image is selected."""
    item.classList.toggle("selected", item.dataset.id in selected)
    item.querySelector(".select").checked = item.dataset.id in selected


def take_out(image_id: str) -> None:
    """Take an image's cards out of sight, and those that will be made of it."""
    leaving.setdefault(image_id, [])
    for item in cards_of(image_id):
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


def between(grid, first_id: str, last_id: str) -> list[str]:
    """Return the ids from one card of a grid to another, in either direction; the last alone if the first is gone."""
    ids = [item.dataset.id for item in list(grid.querySelectorAll(".card"))]
    if first_id not in ids:
        return [last_id]
    start, end = sorted([ids.index(first_id), ids.index(last_id)])
    return ids[start : end + 1]


def card_in(grid, image_id: str):
    """Return an image's card in a grid, None if it has none there."""
    return grid.querySelector(f'.card[data-id="{image_id}"]')


def beside(grid, image_id: str, offset: int):
    """Return the image whose card comes before (-1) or after (1) an image's in a grid, None at its ends."""
    cards = list(grid.querySelectorAll(".card"))
    ids = [one.dataset.id for one in cards]
    if image_id not in ids or not 0 <= ids.index(image_id) + offset < len(ids):
        return None
    return shown[ids[ids.index(image_id) + offset]]


def example_buttons():
    """Make the buttons that take an image for a further example; they show while there is a search to add it to."""
    block = make("div", "as-example")
    block.append(
        make("button", "quiet", "+", type="button", data_action=ALSO, title="Also like it"),
        make("button", "quiet", "−", type="button", data_action=UNLIKE, title="Less like it"),
    )
    return block


def caption(image: dict, badge):
    """Title, badge, and the words that belong to the picture: tags first, then what the model saw."""
    block = make("div", "caption")
    if badge:
        block.append(badge)
    block.append(make("span", "title", image["title"], title=image["title"]))
    words = make("span", "words")
    for tag in image["tags"]:
        words.append(make("span", "tag", tag))
    for label in image["labels"][:2]:
        words.append(make("span", "label", label["name"], title=f"{label['score'] * 100:.0f} % sure"))
    block.append(words, make("span", "size", f"{image['width']} × {image['height']}"))
    return block


def action_of(event) -> tuple[str, dict]:
    """Return (action, image) of a click in a grid; ("", {}) where it hit no button."""
    button = event.target.closest("[data-action]")
    if not button:
        return "", {}
    return button.dataset.action, shown[button.closest("[data-id]").dataset.id]
