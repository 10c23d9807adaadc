"""An image of the library as a card in a grid, and what its buttons are called."""

from frontend.page.dom import make

MORE = "more"
DELETE = "delete"

shown = {}
"""Image id -> the image as the API described it last, for the cards in the document."""


def card(image: dict, score: float | None = None):
    """
    Make the card of an image.

    Args:
        score: Cosine similarity to the query, -1 to 1; None where nothing was searched.
    """
    shown[image["id"]] = image
    item = make("li", "card", data_id=image["id"])
    # By CORS, as a page in isolation may show pictures of another origin, such as a bucket's, in no other way.
    picture = make("img", alt=image["title"], loading="lazy", decoding="async", crossorigin="anonymous")
    picture.src = image["thumbnail_url"]
    more = make("button", "picture", type="button", data_action=MORE, title="More like this")
    more.setAttribute("aria-label", f"More like {image['title']}")
    more.append(picture)
    delete = make("button", "delete", "×", type="button", data_action=DELETE, title="Delete")
    delete.setAttribute("aria-label", f"Delete {image['title']}")
    item.append(more, delete, caption(image, score))
    return item


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
