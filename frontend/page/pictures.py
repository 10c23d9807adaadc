"""An image of the library as a card in a grid, and what its buttons are called."""

from pyscript import document

from frontend.page.dom import make

SHOW = "show"
MORE = "more"
DELETE = "delete"

NAMES = {SHOW: "Show", MORE: "More like", DELETE: "Delete"}
"""What the buttons do, as readers say it before the picture's title."""

shown = {}
"""Image id -> the image as the API described it last, for the cards in the document."""


def card(image: dict, score: float | None = None):
    """
    Make the card of an image.

    Args:
        score: Cosine similarity to the query, -1 to 1; None where nothing was searched.
    """
    item = make("li", "card", data_id=image["id"])
    if score is not None:
        item.dataset.score = str(score)
    # By CORS, as a page in isolation may show pictures of another origin, such as a bucket's, in no other way.
    picture = make("img", loading="lazy", decoding="async", crossorigin="anonymous")
    picture.src = image["thumbnail_url"]
    show = make("button", "picture", type="button", data_action=SHOW, title="Show")
    show.append(picture)
    more = make("button", "more", "More like this", type="button", data_action=MORE)
    delete = make("button", "delete", "×", type="button", data_action=DELETE, title="Delete")
    frame = make("div", "frame")
    frame.append(show, more, delete)
    item.append(frame, make("div", "caption"))
    describe(item, image)
    return item


def redraw(image: dict) -> None:
    """Say on all cards of an image what it is like now; they themselves stay, and with them the focus."""
    for item in list(document.querySelectorAll(f'.card[data-id="{image["id"]}"]')):
        describe(item, image)


def describe(item, image: dict) -> None:
    """Write on a card what is known of its image."""
    shown[image["id"]] = image
    item.querySelector("img").alt = image["title"]
    for action, name in NAMES.items():
        item.querySelector(f'[data-action="{action}"]').setAttribute("aria-label", f"{name} {image['title']}")
    score = item.getAttribute("data-score")
    item.querySelector(".caption").replaceWith(caption(image, float(score) if score else None))


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


def caption(image: dict, score: float | None):
    """Title, score, and the words that belong to the picture: tags first, then what the model saw."""
    block = make("div", "caption")
    if score is not None:
        number = make("span", "score", f"{score:.2f}", title="Cosine similarity: 1 is the same")
        block.append(number)
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
