"""
What a page needs at its start, named in its head, so that the browser asks for all of it at once.

Without it the browser learns of each file from the one before: PyScript from the page, its parts from PyScript, the
interpreter from its configuration, the page's Python from the interpreter.
"""

import re
from pathlib import Path

from .bundle import MODULES

# What PyScript loads whatever a page does, of all that its package holds.
PYSCRIPT = ("core-", "deprecations-manager-", "donkey-", "error-", "py-editor-", "py-game-", "py-terminal-")

SCRIPT = re.compile(rb'<script type="mpy" src="([^"]+)" config="([^"]+)">')


def with_hints(page: bytes, runtime: Path) -> bytes:
    """Name in a page's head what its script in MicroPython needs. The page still has its tokens."""
    script = SCRIPT.search(page)
    if script is None:
        return page
    pyscript = sorted(path.name for path in (runtime / "pyscript").glob("*.js") if path.name.startswith(PYSCRIPT))
    modules = [f"pyscript/{name}" for name in [*pyscript, "micropython/micropython.mjs"]]
    address, configuration = (part.decode() for part in script.groups())
    modules_of_page = f"{configuration.rpartition('/')[0]}/{MODULES}"
    fetched = [configuration, "{{runtime}}/pyscript/micropython/micropython.wasm", modules_of_page, address]
    links = [f'  <link rel="modulepreload" href="{{{{runtime}}}}/{module}">\n' for module in modules]
    links += [f'  <link rel="preload" as="fetch" crossorigin href="{address}">\n' for address in fetched]
    return page.replace(b"</head>", "".join(links).encode() + b"</head>", 1)
