"""The notice that an earlier model left photos, for administrators."""

from frontend.page.browser.dom import find, make
from frontend.page.reembedding.progress import link_text, waiting_text
from frontend.page.server.api import APIError

PAGE = "reembed.html"


async def show_notice(api, space) -> None:
    """Tell an administrator how many photos cannot be found, with a link to change that; nothing if there are none."""
    if space.role != "admin":
        return
    try:
        progress = await api.reembedding()
    except APIError:
        return  # Whatever is wrong, the library says so.
    if progress["sources"]:
        link = make("a", "", link_text(progress), href=PAGE)
        find("reembed-notice").replaceChildren(f"{waiting_text(progress)} ", link)
        find("reembed-notice").hidden = False
