"""
Preload hints: a page's head lists what its start needs, so that the browser requests everything at once.

Without them the browser discovers one module after another: PyScript from the page, its parts from PyScript, the
interpreter from the configuration.
"""

from pathlib import Path

# The files of its package that PyScript loads on every page.
PYSCRIPT = ("core-", "deprecations-manager-", "donkey-", "error-", "py-editor-", "py-game-", "py-terminal-")

SCRIPT = b'<script type="mpy"'


def with_hints(page: bytes, runtime: Path) -> bytes:
    """Add hints for what a page's MicroPython script needs. The page still has its tokens."""
    if SCRIPT not in page:
        return page
    pyscript = sorted(path.name for path in (runtime / "pyscript").glob("*.js") if path.name.startswith(PYSCRIPT))
    modules = [f"pyscript/{name}" for name in [*pyscript, "micropython/micropython.mjs"]]
    # Only modules: browsers warn about anything else that is not used within seconds, as on a busy machine.
    links = [f'  <link rel="modulepreload" href="{{{{runtime}}}}/{module}">\n' for module in modules]
    return page.replace(b"</head>", "".join(links).encode() + b"</head>", 1)
