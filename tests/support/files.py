"""Files on their way into the page: dragged from a window of the computer, or in the clipboard."""

from pathlib import Path

from playwright.sync_api import JSHandle, Page

# Puts a file into a DataTransfer, as a drag or the clipboard holds it.
DATA_TRANSFER = """
async ([name, bytes]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
    return transfer;
}
"""


def data_transfer(page: Page, file: Path) -> JSHandle:
    """Return a handle on a DataTransfer that holds a file."""
    return page.evaluate_handle(DATA_TRANSFER, [file.name, list(file.read_bytes())])


def drop(page: Page, file: Path, x: int) -> None:
    """Drag a file over the page and drop it at a place counted from the left."""
    transfer = data_transfer(page, file)
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("body", event, {"dataTransfer": transfer, "clientX": x, "clientY": 300})


def paste(page: Page, file: Path) -> None:
    """Paste a file where the focus is."""
    page.evaluate(
        "transfer => document.dispatchEvent("
        "new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }))",
        data_transfer(page, file),
    )
