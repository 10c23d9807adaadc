"""The page as a visitor uses it, and a record of what it asked the network for and said on the console."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

# A cold start takes some seconds, ten times that on a very busy machine. Waiting ends when the state is there.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


# Asks the worker how many bytes its interpreter has taken from the browser, which it never gives back.
PYTHON_BYTES = "document.querySelector('script[name^=embedder]').xworker.sync.python_bytes()"

# What Chromium says of a canvas that it draws without graphics hardware.
OF_SOFTWARE_GRAPHICS = ("GPU stall due to ReadPixels",)


class Visit:
    """One visit to the page in a tab of its own."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.tolerated: Sequence[str] = ()
        """Parts of complaints that a test brings about on purpose, so that they do not count."""
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: self.requests.append(request))
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._complain(str(error)))

    def for_the_first_time(self) -> "Visit":
        """Let the page find nothing that it has remembered of other visits."""
        self.page.add_init_script("localStorage.clear()")
        return self

    def open(self) -> "Visit":
        """Open the page; it can be used before the embedder is ready."""
        self.page.goto(self.url + "/")
        return self

    def ready(self) -> "Visit":
        """Wait until pictures can be searched and added."""
        expect(self.page.locator("#engine")).to_contain_text("Ready")
        return self

    def add(self, files: Sequence[Path], tags: str = "") -> "Visit":
        """Choose files for the library, wait until each is in or refused, and have those that are in tagged."""
        self.page.set_input_files("#add-files", list(files))
        expect(self.page.locator("#uploads")).to_have_attribute("data-over", str(len(files)))
        if tags:
            self.tag_added(tags)
        return self

    def tag_added(self, tags: str) -> None:
        """Have all files of the tray tagged, and wait until those that were added are."""
        self.page.fill("#tags", tags)
        self.page.get_by_role("button", name="Add tags").and_(self.page.locator("#tags-add")).click()
        expect(self.page.locator("#tags-add")).to_have_text("Added")

    def search(self, file: Path) -> list[str]:
        """Choose a file to search with; returns the titles of the matches, best first."""
        self.page.set_input_files("#search-file", file)
        return self.matches(file.name)

    def matches(self, query: str) -> list[str]:
        """Wait for the results of the query of this name; returns their titles, best first."""
        self.shows("results")
        expect(self.page.locator("#results-title")).to_have_text(f"Similar to {query}")
        return self.page.locator("#matches .title").all_text_contents()

    def shows(self, view: Literal["library", "results", "map", "tidy"]) -> None:
        """Wait until this view is shown."""
        expect(self.page.locator(f"#{view}")).to_be_visible()

    def back_to_library(self) -> None:
        """Close the results."""
        self.page.locator("#results-close").click()
        self.shows("library")

    def library(self) -> list[str]:
        """Return the titles in the library as the page shows them, newest first."""
        drawn(self.page)
        return self.page.locator("#images .title").all_text_contents()

    def outcome(self, file_name: str) -> str:
        """Return what the details of adding say of a file."""
        row = self.page.locator(".upload", has=self.page.get_by_title(file_name, exact=True))
        return row.locator(".stage").text_content() or ""

    def embedder(self) -> dict[str, Any]:
        """Ask the worker what runs in it and what it holds."""
        return self.page.evaluate("document.querySelector('script[name=embedder]').xworker.sync.status()")

    def until(self, condition: Callable[[], bool], patience_s: float = PATIENCE_MS / 1000) -> None:
        """Wait for something that the page itself does not show."""
        deadline = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline, "what was waited for did not come"
            self.page.wait_for_timeout(50)

    def foreign_requests(self) -> list[str]:
        """Return the addresses asked for that are not the server's own."""
        own = urlsplit(self.url).netloc
        addresses = [request.url for request in self.requests]
        return [address for address in addresses if urlsplit(address).netloc not in ("", own)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(message.text)

    def _complain(self, text: str) -> None:
        if not any(part in text for part in (*self.tolerated, *OF_SOFTWARE_GRAPHICS)):
            self.complaints.append(text)


def drawn(page: Page) -> None:
    """Wait until the page has drawn what it knows: it does so with its next frame, so the one after shows it."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def title(path: Path) -> str:
    """Return the title that the page makes of a file's name."""
    return path.stem.replace("_", " ")


def select(page: Page, name: str, *modifiers: Literal["Shift"]) -> None:
    """Click the box of a card."""
    page.get_by_role("checkbox", name=f"Select {name}", exact=True).click(modifiers=modifiers)


def delete(page: Page, name: str) -> None:
    """Delete a photo of the library by the key, for as long as that can be undone."""
    card(page, name).focus()
    page.keyboard.press("Delete")
    expect(page.locator("#undo-text")).to_have_text(f"{name} deleted.")


def card(page: Page, name: str) -> Locator:
    """Return the button that is a photo, in the view that is shown."""
    return page.get_by_role("button", name=f"Open {name}", exact=True)


def press_on_card(page: Page, name: str, action: Literal["Show similar to", "More like", "Less like"]) -> None:
    """Point at a photo in the view that is shown, and press a button that appears on it."""
    card(page, name).hover()
    page.get_by_role("button", name=f"{action} {name}", exact=True).click()


def whole(page: Page, name: str) -> None:
    """Wait until the lightbox shows the whole picture of this title."""
    expect(page.locator("#lightbox")).to_be_visible()  # Until it is, it holds what was shown before.
    expect(page.locator("#lightbox-title")).to_have_text(name)
    expect(page.locator("#lightbox-note")).to_have_text("")


def show_map(page: Page) -> None:
    """Switch to the map, and wait until it is filled."""
    page.get_by_role("link", name="Map", exact=True).click()
    filled(page)


def filled(page: Page) -> None:
    """Wait until the map shows all that it means to show, and lies still."""
    stage = page.locator("#map-stage")
    expect(stage).to_have_attribute("aria-busy", "false")
