"""
Where things are: what belongs to the page lies beside it, the API where the page says.

`data-api` of the html element names the server of the API, such as `https://api.shop.example`, where it is not the one
that the page comes from. A path after it is that of a proxy, which takes it off.
"""

from pyscript import document, window

SERVER = window.URL.new(document.documentElement.getAttribute("data-api") or "/", window.location.href).href.rstrip("/")

ADDRESSES = ("url", "model_url", "thumbnail_url", "original_url")
"""What the API calls an address in its answers."""

FOREIGN = ("attributes", "manifest")
"""Parts of its answers whose names are not the API's."""


def beside(path: str) -> str:
    """Return the absolute address of a file of the page; a worker has no address that others could be relative to."""
    return window.URL.new(path, document.baseURI).href


def on_server(address: str) -> str:
    """Return the absolute address of something on the API's server; that of a bucket is absolute already."""
    return SERVER + address if address.startswith("/") else address


def resolve(answer) -> None:
    """Make all addresses in an answer of the API absolute, in place."""
    if isinstance(answer, list):
        for part in answer:
            resolve(part)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name in ADDRESSES:
                answer[name] = on_server(value)
            elif name not in FOREIGN:
                resolve(value)
