"""
Bundles a page's Python modules, compiled, into one file.

A page cannot start before its last module has arrived: some fifty requests, each with a cost in browser and server, in
several round trips where only six run at once. So PyScript loads one file, and the script unpacks the modules to where
PyScript would have put them.
"""

import ast
import json
from collections.abc import Iterator, Mapping
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


def bundle_script(sources: Mapping[str, bytes], script: str) -> dict[str, bytes]:
    """
    Join all modules of ours that a script needs into one file beside it.

    Args:
        sources: Path -> content.

    Returns:
        The script, and that file.

    Raises:
        SetupError: A module cannot be compiled.
    """
    needed = {f"frontend/{path}": compile_module(path, sources[path]) for path in sorted(_needed(sources, script))}
    folder = script.rpartition("/")[0]
    return {script: UNPACK.encode() + sources[script], f"{folder}/{MODULES}": _joined(needed)}


def _needed(sources: Mapping[str, bytes], script: str) -> set[str]:
    """Return the paths of what a script imports, and of what that imports."""
    found: set[str] = set()
    waiting = [script]
    while waiting:
        new = {path for path in _imported(sources[waiting.pop()]) if path in sources} - found
        found |= new
        waiting += new
    return found


def _imported(source: bytes) -> Iterator[str]:
    """Yield the paths that imports of our own may mean: a name that is taken from a folder is a module's."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("frontend."):
            module = node.module.removeprefix("frontend.").replace(".", "/")
            yield f"{module}.py"
            yield from (f"{module}/{alias.name}.py" for alias in node.names)


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
