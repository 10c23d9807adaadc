"""The part of the site that is not ours: Python for both threads and TensorFlow.js, under /runtime/<key>."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .compress import compress_folder
from .errors import SetupError
from .npm import install_packages, packages_match_lock
from .report import Report

# Folder in node_modules, which of its files, and where these are served. PyScript looks for the interpreters beside
# itself (the attribute `offline` of its script).
PARTS = (
    ("@pyscript/core/dist", ("*.js", "*.css"), "pyscript"),
    ("pyodide", ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"), "pyscript/pyodide"),
    (
        "@micropython/micropython-webassembly-pyscript",
        ("micropython.mjs", "micropython.wasm"),
        "pyscript/micropython",
    ),
    ("@tensorflow/tfjs-core/dist", ("tf-core.min.js",), "tfjs"),
    ("@tensorflow/tfjs-converter/dist", ("tf-converter.min.js",), "tfjs"),
    ("@tensorflow/tfjs-backend-cpu/dist", ("tf-backend-cpu.min.js",), "tfjs"),
    ("@tensorflow/tfjs-backend-webgl/dist", ("tf-backend-webgl.min.js",), "tfjs"),
    ("@tensorflow/tfjs-backend-webgpu/dist", ("tf-backend-webgpu.min.js",), "tfjs"),
    ("@tensorflow/tfjs-backend-wasm/dist", ("tf-backend-wasm.min.js", "*.wasm"), "tfjs"),
)

PYODIDE = "pyscript/pyodide"


def runtime_key(frontend: Path) -> str:
    """Name the runtime by all that it is made of: what npm and the wheels are locked to, and this recipe."""
    made_of = (frontend / "package-lock.json", _wheels(frontend) / "SHA256SUMS", Path(__file__))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in made_of)).hexdigest()[:16]


def build_runtime(frontend: Path, folder: Path, report: Report) -> None:
    """Fill `folder` with what npm and frontend/vendor/wheels hold, compressed ahead."""
    if not packages_match_lock(frontend) or _missing(frontend):
        install_packages(frontend, report)
    if missing := _missing(frontend):
        raise SetupError(f"npm installed no {missing[0]}: {__file__} and the lock file do not fit each other.")
    report.step("Putting the JavaScript parts together …")
    _copy_parts(frontend, folder)
    _add_wheels(frontend, folder / PYODIDE)
    compress_folder(folder)


def _copy_parts(frontend: Path, folder: Path) -> None:
    for source, patterns, target in PARTS:
        (folder / target).mkdir(parents=True, exist_ok=True)
        for pattern in patterns:
            for path in (frontend / "node_modules" / source).glob(pattern):
                shutil.copyfile(path, folder / target / path.name)


def _missing(frontend: Path) -> list[str]:
    """List what the recipe names and node_modules does not hold."""
    node_modules = frontend / "node_modules"
    wanted = [(source, pattern) for source, patterns, _ in PARTS for pattern in patterns]
    wanted.append(("pyodide", "pyodide-lock.json"))
    return [f"{source}/{pattern}" for source, pattern in wanted if not any((node_modules / source).glob(pattern))]


def _add_wheels(frontend: Path, pyodide: Path) -> None:
    """Put the wheels beside Pyodide, with a lock file that offers them and nothing else."""
    lock = json.loads((frontend / "node_modules/pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    packages = {}
    for wheel, sha256 in _checked_wheels(_wheels(frontend)):
        shutil.copyfile(wheel, pyodide / wheel.name)
        name = wheel.name.partition("-")[0]
        packages[name] = _locked_wheel(lock["packages"][name], wheel, sha256)
    (pyodide / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": packages}, indent=1), encoding="utf-8")


def _checked_wheels(wheels: Path) -> Iterator[tuple[Path, str]]:
    for line in (wheels / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        sha256, name = line.split()
        if hashlib.sha256((wheels / name).read_bytes()).hexdigest() != sha256:
            raise SetupError(f"{wheels / name} is not what SHA256SUMS says: take it from the repository again.")
        yield wheels / name, sha256


def _locked_wheel(of_pyodide: dict[str, Any], wheel: Path, sha256: str) -> dict[str, Any]:
    # Imports and dependencies are those of Pyodide's own build of the same package.
    return {**of_pyodide, "file_name": wheel.name, "version": wheel.name.split("-")[1], "sha256": sha256}


def _wheels(frontend: Path) -> Path:
    return frontend / "vendor" / "wheels"
