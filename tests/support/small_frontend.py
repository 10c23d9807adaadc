"""A frontend folder with stand-ins of a few bytes for what npm installs and for the wheels."""

import hashlib
import json
from pathlib import Path

from backend.setup import icons
from backend.setup.runtime import PARTS

WHEELS = ("numpy-1.0-cp314-any.whl", "pillow-2.0-cp314-any.whl", "pillow_heif-3.0-cp314-any.whl")


def write_frontend(folder: Path) -> Path:
    """Write the folder, with everything installed by npm, and return it."""
    write(folder / "package-lock.json", json.dumps({"lockfileVersion": 3, "packages": {"": {}, **_locked()}}))
    install_stand_ins(folder)
    _write_wheels(folder / "vendor" / "wheels")
    write(folder / "index.html", '<script src="{{runtime}}/pyscript/core.js"></script><p>{{app}}</p>{{icons}}')
    write(folder / "reembed.html", "<p>{{app}} of those who re-embed</p>")
    write(folder / "manifest.webmanifest", '{"icons": [{"src": "{{app}}/page/icons/icon-192.png"}]}')
    write(folder / "page" / "icons" / "icon-192.png", "PNG")
    write(folder / "styles" / "base.css", "body { color: black }")
    write(folder / "page" / "main.py", "from frontend.page.api import name\nprint(name, '{{app}} stays in Python')\n")
    write(folder / "page" / "api.py", "name = 'äpi'\n")
    write(folder / "page" / "pyscript.json", '{"app": "{{app}}", "files": {"./api.py": "./frontend/page/api.py"}}')
    write(folder / "embedder" / "worker.py", "import numpy")
    write(folder / "finder" / "README.md", "for developers")
    write(folder / "finder" / "lookalike.py", "from frontend.page import api\nprint(api.name)\n")
    write(folder / "page" / "__pycache__" / "main.cpython-311.pyc", "byte code")
    write(folder / "page" / ".main.py.swp", "an editor's")
    return folder


def install_stand_ins(frontend: Path) -> None:
    """Do what `npm ci` would."""
    node_modules = frontend / "node_modules"
    for source, patterns, _ in PARTS:
        for pattern in patterns:
            # Compressible, and long enough for it to be worthwhile.
            write(node_modules / source / pattern.replace("*", "some-name"), f"{source} {pattern} " * 50)
    for name in icons.ICONS:
        write(
            node_modules / icons.PACKAGE / f"{name}.svg",
            f'<!-- by Lucide -->\n<svg\n  width="24"\n>\n  <path id="{name}" />\n</svg>\n',
        )
    write(node_modules / "@pyscript/core/dist/core.js", 'import"./some-name.js"')
    write(node_modules / "@pyscript/core/dist/core-some-name.js", "export const answer = 42")
    write(node_modules / "@pyscript/core/dist/core.js.map", "for developers of PyScript")
    write(node_modules / "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm", "wasm " * 50)
    packages = {name: {"name": name, "depends": [], "imports": [name], "version": "0"} for name in ("numpy", "pillow")}
    lock = {"info": {"python": "3.14.2"}, "packages": {**packages, "scipy": {}}, "tool": {}}
    write(node_modules / "pyodide" / "pyodide-lock.json", json.dumps(lock))
    write(node_modules / ".package-lock.json", json.dumps({"packages": _locked()}))


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _locked() -> dict[str, dict[str, str]]:
    names = {"/".join(source.split("/")[: 2 if source.startswith("@") else 1]) for source, _, _ in PARTS}
    return {f"node_modules/{name}": {"version": "1.0.0", "integrity": "sha512-AA=="} for name in sorted(names)}


def _write_wheels(wheels: Path) -> None:
    for name in WHEELS:
        write(wheels / name, f"content of {name}")
    sums = [f"{hashlib.sha256((wheels / name).read_bytes()).hexdigest()}  {name}\n" for name in WHEELS]
    write(wheels / "SHA256SUMS", "".join(sums))
