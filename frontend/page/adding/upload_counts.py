"""How many files of the list came to which end, and the sentences that say so. Pure, so that it needs no browser."""

from frontend.page.wording.numbers import counted

# How many files are named where there may be many.
NAMED = 5


class UploadCounts:
    """Counts what is over since the list was last cleared."""

    def __init__(self) -> None:
        self.added = 0
        self.known = 0
        """Files that were in the library already."""
        self.cancelled = 0

    def finish(self, new: bool) -> None:
        """Count a file that is in the library, and was not there before if it is `new`."""
        if new:
            self.added += 1
        else:
            self.known += 1

    def cancel(self) -> None:
        """Count a file that was cancelled."""
        self.cancelled += 1

    def text(self, to_go: int, failed: int, asking: int, cut: int) -> str:
        """Sum up the list: '12 photos added, 3 to go'."""
        rest = self.rest(to_go, failed, asking, cut)
        return f"{self.title(0)}, {rest}" if rest else self.title(0)

    def title(self, skipped: int) -> str:
        """Say how many were added, or that what was `skipped` is all there was."""
        if skipped and not (self.added or self.known or self.cancelled):
            return "No photos to add"
        return counted(self.added, "photo", "photos") + " added"

    def rest(self, to_go: int, failed: int, asking: int, cut: int) -> str:
        """
        Say what else there is: '2 already there, 3 not added'.

        Args:
            asking: How many look like another and wait for an answer; `cut`: how many lack their end, and do.
        """
        parts: list[str] = []
        if self.known:
            parts.append(f"{self.known} already there")
        if to_go:
            parts.append(f"{to_go} to go")
        if failed:
            parts.append(f"{failed} not added")
        if self.cancelled:
            parts.append(f"{self.cancelled} cancelled")
        if asking:
            parts.append(f"{asking} {'looks' if asking == 1 else 'look'} like another")
        if cut:
            parts.append(f"{cut} {'lacks its' if cut == 1 else 'lack their'} end")
        return ", ".join(parts)


def resumed_text(resumed: list[str], lost: list[str]) -> str:
    """Say which files of an earlier load of the page are sent now, and which the browser had no room for."""
    sentences: list[str] = []
    if resumed:
        sentences.append(f"{counted(len(resumed), 'file', 'files')} had not been sent yet: {named(resumed)}.")
    if lost:
        again = "it" if len(lost) == 1 else "them"
        sentences.append(f"This browser had no room for {named(lost)}: choose {again} again.")
    return " ".join(sentences)


def named(names: list[str]) -> str:
    """Name some files: 'a.jpg, b.jpg and 3 more'."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
