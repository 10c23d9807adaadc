"""
Addresses: the page's files lie beside the page, and so does the API, unless the page says otherwise.

A reverse proxy may serve both under a path such as `https://host/lookalike/`, which it removes: so nothing is asked for
at the root of the host. `data-api` of the html element names the server of the API where that is another one, such as
`https://api.shop.example`, with the path of its proxy if it has one.
"""

from pyscript import document, window

SERVER = window.URL.new(document.documentElement.getAttribute("data-api") or "./", document.baseURI).href.rstrip("/")

# The members of the API's answers that are addresses.
URL_MEMBERS = ("url", "model_url", "thumbnail_url", "original_url")

# The members whose own members have names that are not the API's.
OPAQUE_MEMBERS = ("attributes", "manifest")


def page_url(path: str) -> str:
    """Return the absolute address of a file of the page; a worker has no address that others could be relative to."""
    return window.URL.new(path, document.baseURI).href


def server_url(address: str) -> str:
    """
    Return the absolute address of something on the API's server; that of a bucket is absolute already.

    The server does not know under which path a proxy serves it, so its addresses begin at its own root.
    """
    return SERVER + address if address.startswith("/") else address


def make_urls_absolute(answer) -> None:
    """Make all addresses in an answer of the API absolute, in place."""
    if isinstance(answer, list):
        for part in answer:
            make_urls_absolute(part)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name in URL_MEMBERS:
                answer[name] = server_url(value)
            elif name not in OPAQUE_MEMBERS:
                make_urls_absolute(value)
