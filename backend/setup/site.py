"""
The static site in frontend/dist: built from npm's packages, the vendored wheels and our own sources.

    runtime/<key>/    third-party files (see runtime.py): rebuilt when their lock files change
    app/<hash>/       our Python, style and configuration (see bundle.py): rebuilt when a source changes
    finder/           what pages of other sites load (see finder.py), at addresses that stay
    *.html            the pages (PAGES): refer to the two in use, and are written last, as is the app's manifest

The content under a hash never changes, so browsers may cache it for ever. All addresses are relative, so that the
folder works under any path of any web server.
"""

import hashlib
import json
from functools import partial
from pathlib import Path

from .bundle import bundle, bundle_script, recipe
from .compress import compress_folder, wire_size
from .finder import SCRIPT, finder_files
from .folders import publish, remove_all_but, replace_file
from .hints import with_hints
from .icons import with_icons
from .report import Report
from .runtime import build_runtime, runtime_key

# What the worker downloads before it is ready, under names for people: shown with its size while it loads.
DOWNLOADS = {
    "Python": ("pyscript/pyodide/pyodide.asm.wasm", "pyscript/pyodide/python_stdlib.zip"),
    "numpy and Pillow": ("pyscript/pyodide/numpy-*.whl", "pyscript/pyodide/pillow-*.whl"),
    "TensorFlow.js": (
        "tfjs/tf-core.min.js",
        "tfjs/tf-converter.min.js",
        "tfjs/tf-backend-wasm.min.js",
        "tfjs/tfjs-backend-wasm-threaded-simd.wasm",
    ),
}

# What makes the site an app that can be installed. It lies at the root, as its scope is the folder that it is in.
MANIFEST = "manifest.webmanifest"

# The main page is written last, so that the others exist by then.
PAGES = ("reembed.html", "index.html")

# Folders that belong to the app as a whole.
APP_FOLDERS = ("page", "embedder", "finder", "styles")


def build_site(frontend: Path, report: Report) -> Path:
    """Bring frontend/dist up to date and return it."""
    dist, workshop = frontend / "dist", frontend / ".building"
    runtime = dist / "runtime" / runtime_key(frontend)
    publish(runtime, workshop, partial(build_runtime, frontend, report=report))
    sources = app_sources(frontend, runtime)
    app = dist / "app" / _hash_of(runtime.name, sources)
    publish(app, workshop, partial(_write_app, sources, runtime, app))
    _write_pages(frontend, dist, runtime, app)
    return dist


def is_up_to_date(frontend: Path) -> bool:
    """Say whether frontend/dist is what `build_site` would build, without building anything."""
    dist = frontend / "dist"
    runtime = dist / "runtime" / runtime_key(frontend)
    if not runtime.is_dir():
        return False
    app = dist / "app" / _hash_of(runtime.name, app_sources(frontend, runtime))
    return app.is_dir() and _is_current(dist, _pages(frontend, runtime, app))


def app_sources(frontend: Path, runtime: Path) -> dict[str, bytes]:
    """Read our part of the site, by path, with its tokens not yet replaced."""
    paths: list[Path] = []
    for folder in APP_FOLDERS:
        paths += sorted(path for path in (frontend / folder).rglob("*") if not _is_private(path))
    sources = {path.relative_to(frontend).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    return {**sources, "downloads.json": _downloads(runtime)}


def _is_private(path: Path) -> bool:
    """Say whether the file is for developers, or a tool left it there, such as byte code or an editor's copy."""
    return path.name.startswith(".") or path.suffix == ".md" or "__pycache__" in path.parts


def _downloads(runtime: Path) -> bytes:
    """List the large files that the worker downloads, with their sizes in bytes, unpacked and compressed."""
    entries = [
        {
            "url": f"{{{{runtime}}}}/{path.relative_to(runtime).as_posix()}",
            "size": path.stat().st_size,
            "bytes": wire_size(path),
            "part": part,
        }
        for part, patterns in DOWNLOADS.items()
        for pattern in patterns
        for path in sorted(runtime.glob(pattern))
    ]
    return json.dumps(entries, indent=1).encode()


def _hash_of(runtime: str, sources: dict[str, bytes]) -> str:
    named = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(sources.items())]
    made_by = hashlib.sha256(recipe()).hexdigest()
    return hashlib.sha256(json.dumps([runtime, made_by, named]).encode()).hexdigest()[:16]


def _filled_in(sources: dict[str, bytes], runtime: Path, app: Path) -> dict[str, bytes]:
    return {
        name: _replace_tokens(content, runtime, app) if name.endswith(".json") else content
        for name, content in sources.items()
    }


def _replace_tokens(content: bytes, runtime: Path, app: Path) -> bytes:
    for token, folder in (("runtime", runtime), ("app", app)):
        content = content.replace(f"{{{{{token}}}}}".encode(), f"{token}/{folder.name}".encode())
    return content


def _write_app(sources: dict[str, bytes], runtime: Path, app: Path, folder: Path) -> None:
    bundled = {**bundle(sources, "page"), **bundle_script(sources, SCRIPT)}
    for name, content in _filled_in(bundled, runtime, app).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    compress_folder(folder)


def _write_pages(frontend: Path, dist: Path, runtime: Path, app: Path) -> None:
    """Make the pages refer to the folders in use; then nothing requests older ones."""
    pages = _pages(frontend, runtime, app)
    if _is_current(dist, pages):
        return
    for name, content in pages.items():
        replace_file(dist / name, content)
    remove_all_but(dist / "runtime", {runtime.name})
    remove_all_but(dist / "app", {app.name})


def _is_current(dist: Path, pages: dict[str, bytes]) -> bool:
    return all((dist / name).is_file() and (dist / name).read_bytes() == content for name, content in pages.items())


def _pages(frontend: Path, runtime: Path, app: Path) -> dict[str, bytes]:
    pages = {MANIFEST: (frontend / MANIFEST).read_bytes()}
    pages |= {name: with_icons(with_hints((frontend / name).read_bytes(), runtime), runtime) for name in PAGES}
    filled_in = {name: _replace_tokens(page, runtime, app) for name, page in pages.items()}
    return {**finder_files(runtime, app), **filled_in}
