"""What this visitor may do: to who may only read, the class `reading` shows nothing that adds, changes or deletes."""

from pyscript import document

from frontend.page.browser.storage import browser_storage

READ = "read"

# What the browser keeps the role under: until the server has told it, the page looks as it did the last time.
STORED = "lookalike-role"


class Rights:
    """The rights of this visitor."""

    def __init__(self) -> None:
        self._show(browser_storage.read(STORED))

    def take(self, role: str) -> None:
        """Take in the role that the server tells."""
        browser_storage.write(STORED, role)
        self._show(role)

    def _show(self, role: str) -> None:
        self.may_write = role != READ
        """Whether photos may be added, changed and deleted."""
        document.documentElement.classList.toggle("reading", not self.may_write)
