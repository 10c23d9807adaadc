"""The views of the page: one is shown at a time, and buttons in the bars switch between them."""

from pyscript import document

from frontend.page.browser.dom import find

LIBRARY = "library"
RESULTS = "results"
MAP = "map"

# Button in the bar on top -> its view; those of the bar below, on phones, name theirs themselves.
BUTTONS = {"as-grid": LIBRARY, "as-map": MAP}


class Views:
    """Which view is shown."""

    def __init__(self, on_chosen) -> None:
        """`on_chosen` is called with the name of the view, or `search`, that somebody presses the button of."""
        for button_id, name in BUTTONS.items():
            listen(find(button_id), name, on_chosen)
        for button in bottom_buttons():
            listen(button, button.dataset.viewButton, on_chosen)

    @property
    def shown(self) -> str:
        """The name of the view that is shown."""
        return document.body.dataset.view

    def show(self, name: str) -> None:
        """Show a view in place of the one before."""
        document.body.dataset.view = name
        for button_id, of_view in BUTTONS.items():
            find(button_id).setAttribute("aria-pressed", str(of_view == name).lower())
        for button in bottom_buttons():
            of_view = RESULTS if button.dataset.viewButton == "search" else button.dataset.viewButton
            button.setAttribute("aria-pressed", str(of_view == name).lower())


def bottom_buttons() -> list:
    """Return the buttons of the bar at the bottom."""
    return list(document.querySelectorAll("[data-view-button]"))


def listen(button, name: str, on_chosen) -> None:
    """Call `on_chosen` with a view's name when its button is pressed."""
    button.addEventListener("click", lambda event: on_chosen(name))
