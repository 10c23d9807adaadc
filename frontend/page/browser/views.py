"""
The views of the page: one is shown at a time, and links in the bars lead to them.

A link that is pressed before anything hears it leaves the name of its view in the address, see `Address.fragment`.
"""

from pyscript import document

from frontend.page.browser.dom import find

LIBRARY = "library"
RESULTS = "results"
MAP = "map"
TIDY = "tidy"

# Link in the bar on top -> its view; what is in the bar below, on phones, names its view itself.
LINKS = {"as-grid": LIBRARY, "as-map": MAP, "as-tidy": TIDY}

# Names what in the bar below opens a menu, from which one comes to results.
SEARCH = "search"


class Views:
    """Which view is shown."""

    def __init__(self, on_chosen) -> None:
        """`on_chosen` is called with the name of the view that somebody follows the link to."""
        for link, name in links():
            if name != SEARCH:
                listen(link, name, on_chosen)

    @property
    def shown(self) -> str:
        """The name of the view that is shown."""
        return document.body.dataset.view

    def show(self, name: str) -> None:
        """Show a view in place of the one before."""
        document.body.dataset.view = name
        document.documentElement.classList.toggle("still", name == MAP)
        for link, of_view in links():
            if of_view == SEARCH:
                link.setAttribute("aria-pressed", str(name == RESULTS).lower())
            elif of_view == name:
                link.setAttribute("aria-current", "page")
            else:
                link.removeAttribute("aria-current")


def links() -> list:
    """Return (element, name of the view) of all in the bars that leads to a view."""
    below = [(element, element.dataset.viewButton) for element in list(document.querySelectorAll("[data-view-button]"))]
    return [(find(link_id), name) for link_id, name in LINKS.items()] + below


def listen(link, name: str, on_chosen) -> None:
    """Call `on_chosen` with a view's name when its link is followed; not when that is to open another tab or window."""

    def followed(event) -> None:
        if not (event.ctrlKey or event.metaKey or event.shiftKey or event.altKey):
            event.preventDefault()
            on_chosen(name)

    link.addEventListener("click", followed)
