"""
What pages of other sites load to search by photo, at addresses that stay when the site is built anew.

They are copies of parts of the site, beside which `site.json` says where the others are: a page elsewhere knows nothing
but the server's address.
"""

import json
from pathlib import Path

from .bundle import MODULES

FOLDER = "finder"

# What such a page imports: in the app, and at the address that stays.
SCRIPT = f"{FOLDER}/lookalike.py"

# Of the runtime: PyScript's first file, which imports the others, and the interpreter, which it does not find itself in
# a page of another site.
ENTRY = "pyscript/core.js"
INTERPRETER = ("pyscript/micropython/micropython.mjs", "pyscript/micropython/micropython.wasm")


def finder_files(runtime: Path, app: Path) -> dict[str, bytes]:
    """Return the files, by their paths in the site, with their compressed copies; both folders are complete."""
    parts = [*(runtime / name for name in INTERPRETER), app / SCRIPT, app / FOLDER / MODULES]
    copied = [path for part in parts for path in (part, part.with_name(f"{part.name}.br")) if path.is_file()]
    entry = (runtime / ENTRY).read_bytes().replace(b'"./', f'"../runtime/{runtime.name}/pyscript/'.encode())
    site = {"runtime": f"runtime/{runtime.name}", "app": f"app/{app.name}"}
    return {
        **{f"{FOLDER}/{path.name}": path.read_bytes() for path in copied},
        f"{FOLDER}/core.js": entry,
        f"{FOLDER}/site.json": json.dumps(site).encode(),
    }
