"""A tab that many tests share: brought back, between them, to how the page is when it has just started."""

from playwright.sync_api import Error, Page, Request, ViewportSize, expect

from .page import Visit, drawn

VIEWPORT: ViewportSize = {"width": 1280, "height": 900}

# Closes, cancels and clears what a visitor can close, cancel and clear; says whether something has to be waited for.
PUT_AWAY = """
() => {
    const find = id => document.getElementById(id);
    const click = id => {
        const there = !find(id).closest("[hidden]");
        if (there) find(id).click();
        return there;
    };
    document.querySelectorAll("dialog[open]").forEach(dialog => dialog.close());
    document.querySelectorAll(":popover-open").forEach(menu => menu.hidePopover());
    const busy = [click("delete-now"), click("uploads-cancel")].includes(true);
    if (!busy) click("uploads-clear");
    click("filters-clear");
    if (!find("as-grid").ariaCurrent) find("as-grid").click();
    const filters = [...document.querySelectorAll("#library-controls input:not([type=range])"), find("search-words")];
    const order = find("library-sort"), size = find("library-size");
    if (order.selectedIndex || filters.some(field => field.value)) {
        order.selectedIndex = 0;
        find("library-clear").click();
    }
    if (size.value !== size.defaultValue) {
        size.value = size.defaultValue;
        size.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const id of ["tags", "selection-tags", "search-file", "add-files"]) find(id).value = "";
    find("notice").hidden = true;
    document.querySelectorAll("details[open]").forEach(details => { details.open = false; });
    document.activeElement.blur();
    scrollTo(0, 0);
    // What still runs stays in the list of uploads when it is cleared.
    return busy || document.querySelector("#upload-rows li, #upload-problems li") !== null;
}
"""

# Lets the page ask anew what is in the library. What the button says is beside the point, so it may be hidden.
LOOK_AGAIN = "document.getElementById('library-new').click()"

# What somebody could see or meet later on, apart from what the next search or picture writes anew.
STATE = """
() => {
    const said = element => {
        const { id, hidden, open, className } = element;
        const value = element.matches("input, select") ? element.value : "";
        if (element.closest("#scrubber")) return "where the library is scrolled to";
        if (["images", "welcome", "library-controls"].includes(id)) return "what the library holds by now";
        if (element.parentElement.closest("dialog:not([open])")) return "what is written anew when it is opened";
        if (element.closest("#welcome, #library-controls") || !element.parentElement.checkVisibility()) {
            return { id, value, open };
        }
        if (hidden || id === "engine" || id.startsWith("start-up")) return { id, hidden, value };
        const text = element.querySelector("[id]") ? "" : element.textContent.trim();
        return { id, hidden, open, className, value, text, pressed: element.ariaPressed };
    };
    const elements = [...document.querySelectorAll("body [id]")];
    return [location.href, scrollY, ...elements.map(said)].map(one => JSON.stringify(one));
}
"""

# How long what a test has begun may go on after it. What is held up for ever costs a new tab, and no more.
REST_S = 10


class ReusedVisit(Visit):
    """A visit that goes on in the next test as if it had just begun: that saves a start of the embedder for each."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url)
        self._running: set[Request] = set()
        page.on("request", lambda request: self._running.add(request))
        page.on("requestfinished", lambda request: self._running.discard(request))
        page.on("requestfailed", lambda request: self._running.discard(request))
        super().open().ready()
        expect(page.locator("#engine")).to_have_attribute("data-tried", "all")
        expect(page.locator("#library-summary")).to_contain_text("photo")
        self._as_new = True
        self._at_first = self._state()

    def open(self) -> Visit:
        """Show the library as it is now. A second time in one test, load the page again, as any visit does."""
        if not self._as_new:
            return super().open()
        self._as_new = False
        self._look_again()
        return self

    def put_away(self) -> bool:
        """End what goes on, and close and clear all that can be; returns whether that worked."""
        try:
            self.page.unroute_all()
            self.page.set_viewport_size(VIEWPORT)
            self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
            self.ready()
            self.until(lambda: not self.page.evaluate(PUT_AWAY), REST_S)
            for _ in ("selection", "results"):
                self.page.keyboard.press("Escape")
            self.until(lambda: not self._running and self.embedder()["open_pictures"] == 0, REST_S)
        except (Error, AssertionError):
            return False
        return True

    def begin_anew(self) -> str:
        """
        Show what the library holds by now, and forget what was noted of the last test.

        Returns:
            In what the page differs from one that has just started; nothing if all is as new.
        """
        try:
            self._look_again()
        except (Error, AssertionError) as exc:
            return str(exc)
        self._as_new = True
        self.tolerated = ()
        self.requests.clear()
        self.complaints.clear()
        return "\n".join(sorted(set(self._state()) ^ set(self._at_first)))

    def _look_again(self) -> None:
        with self.page.expect_response(lambda response: "/api/v1/images?" in response.url):
            self.page.evaluate(LOOK_AGAIN)
        self.until(lambda: not self._running)
        drawn(self.page)

    def _state(self) -> list[str]:
        return self.page.evaluate(STATE)
