"""
What a page needs at its start, named in its head, so that the browser asks for all of it at once.

Without it the browser learns of each module from the one before: of PyScript from the page, of its parts from PyScript,
of the interpreter from the configuration.
"""

from pathlib import Path

# What PyScript loads whatever a page does, of all that its package holds.
PYSCRIPT = ("core-", "deprecations-manager-", "donkey-", "error-", "py-editor-", "py-game-", "py-terminal-")

SCRIPT = b'<script type="mpy"'


def with_hints(page: bytes, runtime: Path) -> bytes:
    """Name in a page's head what its script in MicroPython needs. The page still has its tokens."""
    if SCRIPT not in page:
        return page
    pyscript = sorted(path.name for path in (runtime / "pyscript").glob("*.js") if path.name.startswith(PYSCRIPT))
    modules = [f"pyscript/{name}" for name in [*pyscript, "micropython/micropython.mjs"]]
    # Modules only: of anything else a browser complains that is not used within seconds, as on a busy machine.
    links = [f'  <link rel="modulepreload" href="{{{{runtime}}}}/{module}">\n' for module in modules]
    return page.replace(b"</head>", "".join(links).encode() + b"</head>", 1)
