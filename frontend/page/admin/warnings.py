"""Shows administrators the server's warnings, such as one of a database that does not belong to the store."""

import asyncio

from frontend.page.browser.dom import find, make
from frontend.page.server.api import APIError

# How often the server is asked. A guess: what is wrong stays so until somebody acts.
INTERVAL_S = 600


async def show_warnings(api, space) -> None:
    """Keep the server's warnings up to date while the page is open; for administrators only."""
    while space.role == "admin":
        warnings = await _warnings(api)
        find("warnings").replaceChildren(*[make("p", "", sentence) for sentence in warnings])
        find("warnings").hidden = not warnings
        await asyncio.sleep(INTERVAL_S)


async def _warnings(api) -> list:
    try:
        return (await api.status())["warnings"]
    except APIError:
        return []  # The library says what is wrong.
