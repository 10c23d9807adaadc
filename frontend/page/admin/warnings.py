"""Tells administrators what is wrong with the library, such as a database that is not the store's."""

import asyncio

from frontend.page.browser.dom import find, make
from frontend.page.server.api import ApiError

# How often it is asked. A guess: what is wrong has been so for minutes, and stays so until somebody acts.
LOOK_S = 600


async def warn_who_may(api, space) -> None:
    """Show the server's warnings for as long as the page is open; nothing to those who may not see them."""
    while space.role == "admin":
        warnings = await _warnings(api)
        find("warnings").replaceChildren(*[make("p", "", sentence) for sentence in warnings])
        find("warnings").hidden = not warnings
        await asyncio.sleep(LOOK_S)


async def _warnings(api) -> list:
    try:
        return (await api.status())["warnings"]
    except ApiError:
        return []  # Whatever is wrong, the library says so.
