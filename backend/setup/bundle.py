"""
The modules of a page's Python in one file, compiled, instead of one file of source each.

A page can do nothing before the last of its modules is there: some fifty requests, each with its price in the browser
and on the server, and several round trips where only six may run at once. So PyScript loads one file for all of them,
and the script puts them where PyScript would have put them.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from . import micropython
from .micropython import compile_module

MODULES = "modules.bin"

UNPACK = f"""\
# From backend/setup/bundle.py: the modules that this script imports.
import json, os
with open({MODULES!r}, "rb") as file:
    contents = json.loads(file.readline())
    for folder in contents["folders"]:
        os.mkdir(folder)
    for path, size in contents["modules"]:
        with open(path, "wb") as module:
            module.write(file.read(size))
del contents, file, folder, module, path, size
"""
# As bytes, and with the size: MicroPython reads and writes text a few characters at a time.


def recipe() -> bytes:
    """Return all that a bundle depends on beside its sources."""
    return Path(__file__).read_bytes() + micropython.recipe()


def bundle(sources: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """
    Put the modules that a folder's configuration lists (`files` in pyscript.json) into one file beside the scripts.

    Args:
        sources: Path -> content.

    Raises:
        SetupError: A module cannot be compiled.
    """
    configuration = json.loads(sources[f"{folder}/pyscript.json"])
    places = {f"{folder}/{_plain(name)}": _plain(place) for name, place in configuration["files"].items()}
    configuration["files"] = {f"./{MODULES}": f"./{MODULES}"}
    scripts = {path for path in sources if path.startswith(f"{folder}/") and path.endswith(".py")} - set(places)
    return {
        **{path: content for path, content in sources.items() if path not in places},
        **{path: UNPACK.encode() + sources[path] for path in scripts},
        f"{folder}/{MODULES}": _joined({place: compile_module(path, sources[path]) for path, place in places.items()}),
        f"{folder}/pyscript.json": json.dumps(configuration, indent=1).encode(),
    }


def _joined(modules: Mapping[str, bytes]) -> bytes:
    """Write what there is in one line of JSON, folders above before those within them; then the modules one by one."""
    folders = {place.rpartition("/")[0] for place in modules} - {""}
    above = {"/".join(folder.split("/")[: depth + 1]) for folder in folders for depth in range(folder.count("/") + 1)}
    sizes = [(place.removesuffix(".py") + ".mpy", len(content)) for place, content in modules.items()]
    contents = json.dumps({"folders": sorted(above), "modules": sizes})
    return b"\n".join([contents.encode(), b"".join(modules.values())])


def _plain(path: str) -> str:
    return path.removeprefix("./")
