"""What the page says of pictures that an earlier model left, to those who may do something about it."""

from frontend.page.browser.dom import find, make
from frontend.page.reembedding.progress import invitation, sentence
from frontend.page.server.api import ApiError

PAGE = "reembed.html"


async def tell_who_may(api, space) -> None:
    """Say how many pictures cannot be found, and where to change that; nothing where there is none, or no leave."""
    if space.role != "admin":
        return
    try:
        progress = await api.reembedding()
    except ApiError:
        return  # Whatever is wrong, the library says so.
    if progress["sources"]:
        find("reembed-notice").replaceChildren(sentence(progress) + " ", make("a", "", invitation(progress), href=PAGE))
        find("reembed-notice").hidden = False
