"""
The icons of the pages, from Lucide: one hidden SVG in each page, whose symbols `<use href="#icon-NAME">` shows.

They are in the page itself, as an icon that comes later would be one that is missing at first.
"""

import re
from pathlib import Path

# Where npm installs them, and the folder of the runtime that has those in use.
PACKAGE = "lucide-static/icons"
FOLDER = "icons"

TOKEN = b"{{icons}}"

# Those in use, by Lucide's names. A page or module that shows another is caught by a test.
ICONS = (
    "camera",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevrons-up-down",
    "clipboard-paste",
    "copy-check",
    "download",
    "folder-open",
    "image",
    "image-plus",
    "images",
    "info",
    "lasso",
    "layout-grid",
    "link",
    "map",
    "maximize",
    "minus",
    "pause",
    "play",
    "plus",
    "scan-search",
    "search",
    "sparkles",
    "tag",
    "trash-2",
    "x",
    "zoom-in",
)


def files() -> tuple[str, ...]:
    """Return the names of the files to take from the package."""
    return tuple(f"{name}.svg" for name in ICONS)


def with_icons(page: bytes, runtime: Path) -> bytes:
    """Put the symbols in place of a page's token."""
    symbols = "".join(_symbol(path) for path in sorted((runtime / FOLDER).glob("*.svg")))
    licence = "<!-- Icons: Lucide (https://lucide.dev), ISC licence -->"
    return page.replace(TOKEN, f"{licence}<svg hidden>{symbols}</svg>".encode())


def _symbol(path: Path) -> str:
    """Make a symbol of an icon's shapes; its strokes are set by `.icon` in the style."""
    svg = path.read_text(encoding="utf-8")
    shapes = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]).strip()
    return f'<symbol id="icon-{path.stem}" viewBox="0 0 24 24">{shapes.replace("> <", "><")}</symbol>'
