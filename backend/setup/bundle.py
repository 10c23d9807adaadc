"""
Bundles a page's Python modules, compiled, into one file.

A page cannot start before its last module has arrived: some fifty requests, each with a cost in browser and server, in
several round trips where only six run at once. So PyScript loads one file, and the script unpacks the modules to where
PyScript would have put them.
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
    """Return everything that a bundle depends on besides its sources."""
    return Path(__file__).read_bytes() + micropython.recipe()


def bundle(sources: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """
    Join the modules that a folder's configuration lists (`files` in pyscript.json) into one file beside the scripts.

    Args:
        sources: Path -> content.

    Raises:
        SetupError: A module cannot be compiled.
    """
    configuration = json.loads(sources[f"{folder}/pyscript.json"])
    targets = {f"{folder}/{_plain(name)}": _plain(target) for name, target in configuration["files"].items()}
    configuration["files"] = {f"./{MODULES}": f"./{MODULES}"}
    scripts = {path for path in sources if path.startswith(f"{folder}/") and path.endswith(".py")} - set(targets)
    return {
        **{path: content for path, content in sources.items() if path not in targets},
        **{path: UNPACK.encode() + sources[path] for path in scripts},
        f"{folder}/{MODULES}": _joined(
            {target: compile_module(path, sources[path]) for path, target in targets.items()}
        ),
        f"{folder}/pyscript.json": json.dumps(configuration, indent=1).encode(),
    }


def _joined(modules: Mapping[str, bytes]) -> bytes:
    """Write a line of JSON with the folders, outer ones first, and the modules' sizes; then the modules one after
    another."""
    folders = {target.rpartition("/")[0] for target in modules} - {""}
    above = {"/".join(folder.split("/")[: depth + 1]) for folder in folders for depth in range(folder.count("/") + 1)}
    sizes = [(target.removesuffix(".py") + ".mpy", len(content)) for target, content in modules.items()]
    contents = json.dumps({"folders": sorted(above), "modules": sizes})
    return b"\n".join([contents.encode(), b"".join(modules.values())])


def _plain(path: str) -> str:
    return path.removeprefix("./")
