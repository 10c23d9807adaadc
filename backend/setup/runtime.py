"""The third-party part of the site: Python for both threads and TensorFlow.js, under /runtime/<key>."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import byte_code, icons
from .compress import compress_folder
from .errors import SetupError
from .npm import install_packages, packages_match_lock
from .pyodide import compile_archives
from .report import Report

# Folder in node_modules, the files taken from it, and the folder they are served from. PyScript looks for the
# interpreters beside itself (the attribute `offline` of its script).
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
    (icons.PACKAGE, icons.files(), icons.FOLDER),
)

PYODIDE = "pyscript/pyodide"

# The wheels that Pyodide has no build of, as its lock file would describe them.
UNKNOWN_TO_PYODIDE: dict[str, dict[str, Any]] = {
    "pillow-heif": {
        "name": "pillow-heif",
        "install_dir": "site",
        "package_type": "package",
        "imports": ["pillow_heif"],
        "depends": ["pillow"],
        "unvendored_tests": False,
    }
}

# Prefixes of names in the standard library and the wheels that the embedder does not need: developers' tools, network
# protocols, old code pages, and further parts of numpy and Pillow.
LEFT_OUT = (
    *("_pyrepl/", "doctest.py", "idlelib/", "optparse.py", "pdb.py", "pickletools.py", "pydoc", "unittest/"),
    *("ftplib.py", "imaplib.py", "mailbox.py", "poplib.py", "smtplib.py", "wsgiref/", "xmlrpc/"),
    *("_pydatetime.py", "_pyio.py", "multiprocessing/", "sqlite3/"),
    *("encodings/big5", "encodings/cp1", "encodings/cp5", "encodings/cp7", "encodings/cp8", "encodings/cp9"),
    *("encodings/cp0", "encodings/euc", "encodings/gb", "encodings/iso", "encodings/hp_", "encodings/johab"),
    *("encodings/koi", "encodings/kz", "encodings/mac_", "encodings/ptcp", "encodings/shift", "encodings/tis"),
    *("numpy/f2py/", "numpy/fft/", "numpy/linalg/lapack_lite.", "numpy/polynomial/", "numpy/random/"),
    "numpy/testing/",
    "PIL/_imagingft.",
)


def runtime_key(frontend: Path) -> str:
    """Return a key of all that the runtime is built from: the lock files of npm and the wheels, and what reads them."""
    recipe = (Path(__file__), Path(byte_code.__file__), Path(icons.__file__))
    made_of = (frontend / "package-lock.json", _wheels(frontend) / "SHA256SUMS", *recipe)
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in made_of)).hexdigest()[:16]


def build_runtime(frontend: Path, folder: Path, report: Report) -> None:
    """Fill `folder` with files of npm's packages and frontend/vendor/wheels, compressed ahead of time."""
    if not packages_match_lock(frontend) or _missing(frontend):
        install_packages(frontend, report)
    if missing := _missing(frontend):
        raise SetupError(f"npm did not install {missing[0]}: {__file__} and the lock file do not match.")
    report.step("Putting the JavaScript parts together …")
    _copy_parts(frontend, folder)
    wheels = _copy_wheels(frontend, folder / PYODIDE)
    report.step("Compiling Python's modules for the browser …")
    compile_archives(frontend, folder / PYODIDE, LEFT_OUT)
    _write_lock(frontend, wheels)
    report.step("Compressing everything once for all visitors: half a minute or more …")
    compress_folder(folder)


def _copy_parts(frontend: Path, folder: Path) -> None:
    for source, patterns, target in PARTS:
        (folder / target).mkdir(parents=True, exist_ok=True)
        for pattern in patterns:
            for path in (frontend / "node_modules" / source).glob(pattern):
                shutil.copyfile(path, folder / target / path.name)


def _missing(frontend: Path) -> list[str]:
    """List what PARTS names and node_modules lacks."""
    node_modules = frontend / "node_modules"
    wanted = [(source, pattern) for source, patterns, _ in PARTS for pattern in patterns]
    wanted.append(("pyodide", "pyodide-lock.json"))
    return [f"{source}/{pattern}" for source, pattern in wanted if not any((node_modules / source).glob(pattern))]


def _copy_wheels(frontend: Path, pyodide: Path) -> list[Path]:
    """Copy the wheels beside Pyodide."""
    return [Path(shutil.copyfile(wheel, pyodide / wheel.name)) for wheel in _checked_wheels(_wheels(frontend))]


def _write_lock(frontend: Path, wheels: list[Path]) -> None:
    """Write a lock file that offers the wheels and nothing else."""
    lock = json.loads((frontend / "node_modules/pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    packages = {}
    for wheel in wheels:
        name = wheel.name.partition("-")[0].replace("_", "-")  # As PyPI and Pyodide name it.
        packages[name] = _locked_wheel({**lock["packages"], **UNKNOWN_TO_PYODIDE}[name], wheel)
    content = json.dumps({**lock, "packages": packages}, indent=1)
    (wheels[0].parent / "pyodide-lock.json").write_text(content, encoding="utf-8")


def _checked_wheels(wheels: Path) -> Iterator[Path]:
    for line in (wheels / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        sha256, name = line.split()
        if hashlib.sha256((wheels / name).read_bytes()).hexdigest() != sha256:
            raise SetupError(f"{wheels / name} does not match SHA256SUMS: get it from the repository again.")
        yield wheels / name


def _locked_wheel(of_pyodide: dict[str, Any], wheel: Path) -> dict[str, Any]:
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    # Imports and dependencies are those of Pyodide's own build of the same package, where there is one.
    return {**of_pyodide, "file_name": wheel.name, "version": wheel.name.split("-")[1], "sha256": sha256}


def _wheels(frontend: Path) -> Path:
    return frontend / "vendor" / "wheels"
