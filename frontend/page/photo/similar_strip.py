"""The strip of similar photos along the bottom of the lightbox."""

from frontend.page.browser.dom import find, make
from frontend.page.grid.justified import proportion
from frontend.page.server.api import APIError

# How many similar photos are shown.
SHOWN = 12


class SimilarStrip:
    """The photos most like one after another."""

    def __init__(self, api, known, on_chosen) -> None:
        """`on_chosen` is called with the image of the thumbnail that somebody presses."""
        self._api = api
        self._known = known
        self._on_chosen = on_chosen

    def clear(self) -> None:
        """Show none; there is as much room for them as before."""
        find("lightbox-similar").replaceChildren()
        find("lightbox-similar").scrollLeft = 0
        find("lightbox-similar-note").textContent = ""

    async def show(self, image: dict, still_wanted) -> None:
        """Ask for those of an image, and show them unless another one is looked at by then: `still_wanted()`."""
        try:
            space = await self._api.space()
            found = await self._api.search({"space": space.id, "like": image["id"], "limit": SHOWN})
        except APIError as exc:
            if still_wanted():
                find("lightbox-similar-note").textContent = exc.message
            return
        if still_wanted():
            matches = found["matches"]
            find("lightbox-similar-note").textContent = "" if matches else "There are no other photos yet."
            shown = [match for match in matches if not self._known.is_withdrawn(match["image"]["id"])]
            find("lightbox-similar").replaceChildren(*[self._thumbnail(match) for match in shown])

    def _thumbnail(self, match: dict):
        """Make the button of a similar photo, in its proportions."""
        image = match["image"]
        picture = make("img", alt="", decoding="async", crossorigin="anonymous", draggable="false")
        picture.src = image["thumbnail_url"]
        button = make("button", type="button", title=f"{image['title']} · {match['score']:.2f} alike")
        button.setAttribute("aria-label", f"Similar photo {image['title']}")
        button.style.setProperty("--ratio", f"{proportion(image['width'], image['height']):.4f}")
        button.style.backgroundColor = image.get("color") or ""
        button.append(picture)
        button.addEventListener("click", lambda event: self._on_chosen(image))
        item = make("li")
        item.append(button)
        return item
