"""The tray that all of adding is shown in: it folds to a pill, and opens one of its panels at a time."""

from pyscript import document, window

from frontend.page.browser.dom import find

PANELS = ("needs", "skipped", "details")


class UploadTray:
    """Which part of the tray is open. Its parts slide, so that no other moves when one opens by itself."""

    def __init__(self) -> None:
        self._panel = ""
        find("uploads-fold").addEventListener("click", lambda event: self._fold(not self._is_folded()))
        observer = window.ResizeObserver.new(lambda entries, observer: self._fit())
        for name in PANELS:
            self._listen(name)
            observer.observe(find(f"uploads-{name}"))

    def open(self) -> None:
        """Show the tray, folded if it was."""
        find("uploads").hidden = False
        self._tell()

    def close(self) -> None:
        """Hide the tray; the focus goes to where photos are added."""
        held = find("uploads").contains(document.activeElement)
        self._show_panel("")
        self._fold(False)
        find("uploads").hidden = True
        self._tell()
        if held:
            find("add-open").focus()

    def offer(self, name: str, text: str) -> None:
        """Offer a panel by a button of this text; not any more if it is empty."""
        opener = find(f"uploads-{name}-open")
        if opener.textContent != text:
            opener.textContent = text
        if not text and self._panel == name:
            self._show_panel("")
        self.hide(opener, not text)

    def unfold(self, name: str) -> None:
        """Show a panel by itself, unless somebody looks at another or has folded the tray."""
        if not self._panel and not self._is_folded():
            self._show_panel(name)

    def hide(self, button, hidden: bool) -> None:
        """Hide a button or show it; a focus on it stays in the tray."""
        if hidden and button == document.activeElement:
            find("uploads").focus()
        button.hidden = hidden

    def _is_folded(self) -> bool:
        return find("uploads").classList.contains("folded")

    def _fold(self, folded: bool) -> None:
        find("uploads").classList.toggle("folded", folded)
        button = find("uploads-fold")
        button.setAttribute("aria-expanded", str(not folded).lower())
        button.title = "Unfold" if folded else "Fold"
        self._tell()

    def _listen(self, name: str) -> None:
        def clicked(event) -> None:
            self._show_panel("" if self._panel == name else name)

        find(f"uploads-{name}-open").addEventListener("click", clicked)

    def _fit(self) -> None:
        """Let the tray slide up no further than the open panel is high."""
        if self._panel:
            height_px = find(f"uploads-{self._panel}").offsetHeight
            find("uploads").style.setProperty("--panel", f"{height_px}px")

    def _show_panel(self, name: str) -> None:
        self._panel = name
        for panel in PANELS:
            find(f"uploads-{panel}").hidden = panel != name
            find(f"uploads-{panel}-open").setAttribute("aria-expanded", str(panel == name).lower())
        find("uploads").classList.toggle("tall", bool(name))
        self._tell()

    def _tell(self) -> None:
        """Say on the page how much room the tray takes, for what makes room for it."""
        shown = "folded" if self._is_folded() else "tall" if self._panel else "open"
        document.body.dataset.tray = "" if find("uploads").hidden else shown
