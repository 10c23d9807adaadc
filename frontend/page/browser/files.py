"""Files and other things as the browser gives them: lists of them, and the content of a file as an address."""

import asyncio

from pyscript import window


def listed(files) -> list:
    """Return a FileList as a list; the browser empties a FileList once its event is over."""
    return [files.item(index) for index in range(files.length)]


def items_of(array) -> list:
    """Return an array of the browser's as a list."""
    return [array[index] for index in range(array.length)]


async def data_url(blob) -> str:
    """Return the content of a blob as an address that holds it, which outlives the page; empty if it cannot be read."""
    read = asyncio.Event()
    reader = window.FileReader.new()
    reader.onloadend = lambda event: read.set()
    reader.readAsDataURL(blob)
    await read.wait()
    return reader.result or ""
