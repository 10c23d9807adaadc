"""Parts of the photo that are worth a search of their own, as thumbnails to click."""

from frontend.page.browser.dom import find, make


class SuggestedCrops:
    """The row of parts below the photo that is searched with."""

    def __init__(self, on_chosen) -> None:
        """`on_chosen` is called with the region of the part, see `rectangle`."""
        self._on_chosen = on_chosen

    def wait(self) -> None:
        """Hold back what lies below until it is known how many parts there are, as it would be moved then."""
        find("asked").classList.add("coming")
        find("crops").replaceChildren()

    def reveal(self) -> None:
        """Show what lies below."""
        find("asked").classList.remove("coming")

    def show(self, regions: list) -> None:
        """Show these parts of the photo as it is shown now."""
        self.reveal()
        find("crops").replaceChildren(*[self._thumbnail(number, region) for number, region in enumerate(regions)])

    def mark(self, region) -> None:
        """Mark the part that is searched with, if it is one of these."""
        for button in list(find("crops").querySelectorAll("button")):
            button.setAttribute("aria-pressed", str(button.dataset.region == str(region)).lower())

    def _thumbnail(self, number: int, region: tuple):
        left, top, width, height = region
        button = make("button", "crop", type="button", aria_pressed="false", title="Search inside this photo")
        button.setAttribute("aria-label", f"Search with part {number + 1} of this photo")
        button.dataset.region = str(region)
        photo = make("img", alt="", crossorigin="anonymous", draggable="false")
        photo.src = find("query").src
        style = photo.style
        style.width, style.height = f"{100 / width:.2f}%", f"{100 / height:.2f}%"
        style.left, style.top = f"{-100 * left / width:.2f}%", f"{-100 * top / height:.2f}%"
        button.append(photo)
        button.addEventListener("click", lambda event: self._on_chosen(region))
        item = make("li")
        item.append(button)
        return item
