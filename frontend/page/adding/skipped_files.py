"""What was left out of folders, by name, behind *12 skipped*."""

from frontend.page.browser.dom import find, make
from frontend.page.wording.numbers import counted

# How many are named: a disk of a network may hold any number of other files.
NAMED = 500


class SkippedFiles:
    """The list of their paths."""

    def __init__(self, tray) -> None:
        self._tray = tray
        self._count = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def add(self, paths: list[str]) -> None:
        """List more of them."""
        room = max(NAMED - self._count, 0)
        find("skipped-files").append(*[make("li", "", path, title=path) for path in paths[:room]])
        self._count += len(paths)
        self._show()

    def clear(self) -> None:
        """List none."""
        self._count = 0
        find("skipped-files").replaceChildren()
        self._show()

    def _show(self) -> None:
        beyond = max(self._count - NAMED, 0)
        find("skipped-more").hidden = not beyond
        find("skipped-more").textContent = f"and {counted(beyond, 'other', 'others')}"
        self._tray.offer("skipped", f"{self._count:,} skipped" if self._count else "")
