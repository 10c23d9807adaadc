"""The page as a visitor of Firefox or WebKit uses it: what tests/support/page.py is for Chromium, by WebDriver."""

import base64
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from .engines import RunningEngine
from .page import title

# A cold start takes some seconds, ten times that on a very busy machine. Waiting ends when the state is there.
PATIENCE_S = 120

# How often it is looked whether the state is there.
STEP_S = 0.1

# What Firefox prints for errors and warnings that a page brings about; its own errors it prints, too, but not in
# quotation marks.
COMPLAINT = re.compile(r'^(?:console\.(?:error|warn): "|JavaScript (?:error|warning): http).*', re.MULTILINE)

# Notes them in the page, from when it has been loaded: WebKit prints none of them.
LISTEN = """
window.complaints ??= (() => {
    const heard = [], note = what => heard.push(String(what));
    addEventListener("error", event => note(event.message));
    addEventListener("unhandledrejection", event => note(event.reason));
    for (const kind of ["error", "warn"]) {
        const said = console[kind];
        console[kind] = (...words) => { note(words.join(" ")); said.apply(console, words); };
    }
    return heard;
})();
"""

# What they say of a machine without graphics hardware.
OF_SOFTWARE_GRAPHICS = ("WebGL",)

# Drags files over the page and drops them at a place counted from the left.
DROP = """
const [files, x] = arguments;
const transfer = new DataTransfer();
for (const [name, bytes] of files)
    transfer.items.add(
        new File([Uint8Array.from(atob(bytes), one => one.charCodeAt(0))], name, { type: "image/jpeg" }));
for (const name of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(name,
        { dataTransfer: transfer, clientX: x, clientY: 300, bubbles: true, cancelable: true }));
"""

# Asks the worker something, and answers with plain data.
ASK_WORKER = """
const [done] = arguments;
const worker = document.querySelector("script[name^=embedder]").xworker.sync;
worker.status().then(told => done(JSON.parse(JSON.stringify(told))), error => done(String(error)));
"""

View = Literal["library", "results", "map", "tidy"]


class EngineVisit:
    """A tab on the page."""

    def __init__(self, running: RunningEngine, url: str) -> None:
        self.running = running
        self.driver = running.driver
        self.url = url
        self.tolerated: Sequence[str] = ()
        """Parts of complaints that a test brings about on purpose, so that they do not count."""
        self._heard = len(self._output())

    def open(self, address: str = "/") -> "EngineVisit":
        """Load the page, at an address below the server's; it can be used before the embedder is ready."""
        self.driver.get(self.url + address)
        self.driver.execute_script(LISTEN)
        return self

    def ready(self) -> "EngineVisit":
        """Wait until pictures can be searched and added."""
        self.until("document.querySelector('#engine').textContent === 'Ready'")
        return self

    def tried(self) -> "EngineVisit":
        """Wait until every back end has been tried."""
        self.until("document.querySelector('#engine').dataset.tried === 'all'")
        return self

    # Looking

    def run(self, script: str, *given: Any) -> Any:
        """Return what an expression is in the page; `arguments` are what is given."""
        return self.driver.execute_script(f"return {script}", *given)

    def until(self, condition: str, *given: Any, patience_s: float = PATIENCE_S) -> Any:
        """Wait until an expression holds in the page; returns its value."""
        return self.wait(lambda: self.run(condition, *given), f"{condition} {given or ''}", patience_s)

    def wait(self, condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
        """Wait until something holds; `what` is said if it does not."""
        deadline = time.monotonic() + patience_s
        while True:
            try:
                if value := condition():
                    return value
            except JavascriptException:
                pass  # The page is being loaded, and has none of it yet.
            assert time.monotonic() < deadline, f"it did not come to pass: {what}"
            time.sleep(STEP_S)

    def text(self, selector: str) -> str:
        """Return the text of the first element, shown or not."""
        return self.run("document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector: str) -> list[str]:
        return self.run("[...document.querySelectorAll(arguments[0])].map(one => one.textContent)", selector)

    def says(self, selector: str, text: str) -> None:
        """Wait until the first element has this text in it."""
        self.until("document.querySelector(arguments[0])?.textContent.includes(arguments[1])", selector, text)

    def count(self, selector: str, count: int) -> None:
        """Wait until there are so many of these elements."""
        self.until("document.querySelectorAll(arguments[0]).length === arguments[1]", selector, count)

    def shows(self, selector: str) -> None:
        """Wait until an element is visible."""
        self.until("document.querySelector(arguments[0])?.checkVisibility()", selector)

    def hides(self, selector: str) -> None:
        """Wait until an element is not visible."""
        self.until("!document.querySelector(arguments[0])?.checkVisibility()", selector)

    # Doing

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Press the mouse on an element, as soon as it is there to be pressed on."""
        self.shows(selector)
        self.find(selector).click()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def drag(self, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the mouse within an element, from and to parts of its width and height, counted from its middle."""
        element = self.find(selector)
        width, height = self.run("[arguments[0].clientWidth, arguments[0].clientHeight]", element)
        at = [(int(x * width), int(y * height)) for x, y in (start, end)]
        actions = ActionChains(self.driver, duration=100)
        actions.move_to_element_with_offset(element, *at[0]).click_and_hold()
        actions.move_to_element_with_offset(element, *at[1]).release().perform()

    def card(self, name: str) -> str:
        """Return the selector of the button that is a photo of the library."""
        return f"#images button[aria-label='Open {name}']"

    def choose(self, selector: str, files: Sequence[Path]) -> None:
        """Choose files in the browser's dialog."""
        self.find(selector).send_keys("\n".join(map(str, files)))

    def drop(self, files: Sequence[Path], x: int) -> None:
        """Drop files at a place counted from the left of the window."""
        self.driver.execute_script(
            DROP, [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files], x
        )

    # What people do

    def add(self, files: Sequence[Path]) -> "EngineVisit":
        """Choose files for the library, and wait until each is in or refused."""
        self.choose("#add-files", files)
        return self.added(len(files))

    def added(self, count: int) -> "EngineVisit":
        """Wait until so many files of the tray are in or refused; close the tray."""
        self.until("document.querySelector('#uploads').dataset.over === arguments[0]", str(count))
        return self

    def put_tray_away(self) -> None:
        self.driver.execute_script("document.querySelector('#uploads-clear').click()")
        self.hides("#uploads")

    def search(self, file: Path) -> list[str]:
        """Choose a file to search with; returns the titles of the matches, best first."""
        self.choose("#search-file", [file])
        return self.matches(file.name)

    def matches(self, query: str) -> list[str]:
        """Wait for the results of the query of this name; returns their titles, best first."""
        self.shows("#results")
        self.until("document.querySelector('#results-title').textContent === arguments[0]", f"Similar to {query}")
        return self.texts("#matches .title")

    def library(self) -> list[str]:
        """Return the titles in the library as the page shows them, newest first."""
        return self.texts("#images .title")

    def holds(self, files: Sequence[Path]) -> None:
        """Wait until the library shows these files, and no others."""
        wanted = sorted(title(file) for file in files)
        self.wait(lambda: sorted(self.library()) == wanted, f"a library of {wanted}")

    def view(self, view: View) -> None:
        """Follow the link to a view."""
        links = {"library": "#as-grid", "map": "#as-map", "tidy": "#as-tidy"}
        self.click(links[view])
        self.shows(f"#{view}")

    def home(self) -> None:
        """Close what is open, and go to the library."""
        for _ in range(3):
            self.press(Keys.ESCAPE)
        self.driver.execute_script(
            "if (document.body.dataset.view === 'results') document.querySelector('#results-close').click();"
            "else if (document.body.dataset.view !== 'library') document.querySelector('#as-grid').click();"
        )
        self.shows("#library")

    def embedder(self) -> dict[str, Any]:
        """Ask the worker what runs in it and what it holds."""
        return self.driver.execute_async_script(ASK_WORKER)

    # At the end

    def complaints(self) -> list[str]:
        """Return the errors and warnings of the console since the last call."""
        output = self._output()
        said = [found[0] for found in COMPLAINT.finditer(output[self._heard :])] + self.run("complaints.splice(0)")
        self._heard = len(output)
        return [line for line in said if not any(part in line for part in (*self.tolerated, *OF_SOFTWARE_GRAPHICS))]

    def keep_screen(self, path: Path) -> None:
        """Keep what the tab shows."""
        path.parent.mkdir(exist_ok=True)
        try:
            self.driver.save_screenshot(str(path))
        except WebDriverException as exc:  # The test's own failure is the one to show.
            print(f"no screenshot: {exc}")

    def _output(self) -> str:
        return self.running.output.read_text(errors="replace") if self.running.output.exists() else ""
