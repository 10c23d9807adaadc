"""
The modules of a page's Python in one file, instead of one file each.

A page can do nothing before the last of its modules is there: some fifty requests, each with its price in the browser
and on the server, and several round trips where only six may run at once. So PyScript loads one file for all of them,
and the script puts them where PyScript would have put them.
"""

import json
from collections.abc import Mapping

MODULES = "modules.txt"

# Neither is in any source. Between them stand a path and its module; the path ends with its line.
BETWEEN = b"\0"

UNPACK = f"""\
# From backend/setup/bundle.py: the modules that this script imports.
import os
with open({MODULES!r}, "rb") as file:
    modules = file.read(os.stat({MODULES!r})[6]).split({BETWEEN!r})
for folder in modules.pop(0).decode().split():
    os.mkdir(folder)
for module in modules:
    path, text = module.split(b"\\n", 1)
    with open(path.decode(), "wb") as file:
        file.write(text)
del file, folder, module, modules, path, text
"""
# As bytes, and with the size: MicroPython reads and writes text a few characters at a time.


def bundle(sources: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """
    Put the modules that a folder's configuration lists (`files` in pyscript.json) into one file beside the scripts.

    Args:
        sources: Path -> content.
    """
    configuration = json.loads(sources[f"{folder}/pyscript.json"])
    places = {f"{folder}/{_plain(name)}": _plain(place) for name, place in configuration["files"].items()}
    configuration["files"] = {f"./{MODULES}": f"./{MODULES}"}
    scripts = {path for path in sources if path.startswith(f"{folder}/") and path.endswith(".py")} - set(places)
    return {
        **{path: content for path, content in sources.items() if path not in places},
        **{path: UNPACK.encode() + sources[path] for path in scripts},
        f"{folder}/{MODULES}": _joined({place: sources[path] for path, place in places.items()}),
        f"{folder}/pyscript.json": json.dumps(configuration, indent=1).encode(),
    }


def _joined(modules: Mapping[str, bytes]) -> bytes:
    """Write first the folders, those above before those within them, then each module after its path."""
    folders = {place.rpartition("/")[0] for place in modules} - {""}
    above = {"/".join(folder.split("/")[: depth + 1]) for folder in folders for depth in range(folder.count("/") + 1)}
    contents = [f"{place}\n".encode() + content for place, content in modules.items()]
    return BETWEEN.join([" ".join(sorted(above)).encode(), *contents])


def _plain(path: str) -> str:
    return path.removeprefix("./")
