"""
Pictures of the page for people to look at, in tests/artefacts: of what failed, and of all else on request.

`SCREENS_FOR_TESTS=1 python -m tests tests/e2e` keeps what each test showed at its end, and the page at three widths in
both themes.
"""

import os

import pytest
from playwright.sync_api import Error, Page

from .paths import ROOT

ARTEFACTS = ROOT / "tests" / "artefacts"

FAILED = pytest.StashKey[bool]()
"""What a test's own stash says of it once it has failed."""

# All of them take a minute of the processor. (A name with LOOKALIKE_ would be a setting of the server.)
WANTED = bool(os.environ.get("SCREENS_FOR_TESTS"))

# A phone's, a laptop's and a large desktop's, in CSS pixels.
WIDTHS = (390, 1280, 1920)


def keep_screen(page: Page, name: str, anyway: bool = False) -> None:
    """Keep what a tab shows; `anyway`, also where nobody has asked for pictures."""
    if not (WANTED or anyway):
        return
    ARTEFACTS.mkdir(exist_ok=True)
    try:
        page.screenshot(path=ARTEFACTS / f"{name}.png")
    except Error as exc:  # The test's own failure is the one to show.
        print(f"no screenshot: {exc}")


def keep_screens(page: Page, name: str) -> None:
    """Check that nothing is wider than the window, at each of the widths; keep these in both themes."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        for theme in ("light", "dark") if WANTED else ():
            page.emulate_media(color_scheme=theme)
            keep_screen(page, f"{name}_{theme}_{width}")
