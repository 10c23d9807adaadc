"""Begins the worker anew when it is fat and nobody needs it, so that the system has no reason to throw the tab away."""

import asyncio

from pyscript import document, window

from frontend.page.model.fatness import is_time

# How often it is looked at, while it is fat.
LOOK_S = 1


async def renew_when_fat(embedder) -> None:
    """Watch an `Embedder` as long as the page lives."""
    while True:
        await embedder.fat()
        await asyncio.sleep(LOOK_S)
        is_seen = document.visibilityState == "visible"
        # What the browser does not have in its cache any more could not be had without a network.
        if window.navigator.onLine and is_time(embedder.idle_s(), is_seen, device_gb()):
            embedder.renew()


def device_gb() -> float:
    """Return the memory of the device in GB, rounded by the browser; 0 if it does not tell."""
    told = hasattr(window.navigator, "deviceMemory")  # Chromium alone tells, and in secure contexts only.
    return window.navigator.deviceMemory if told else 0
