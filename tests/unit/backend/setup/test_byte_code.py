"""Archives of Python's modules are compiled ahead; Python itself reads what comes out."""

import importlib.util
import io
import os
import zipfile
import zipimport
from pathlib import Path

import pytest

from backend.setup import pyodide
from backend.setup.byte_code import compile_archive, compile_archives
from backend.setup.errors import NpmError, SetupError
from tests.support.small_frontend import write

MODULE = '''"""What it is for."""

class Small:
    """A small thing."""

def double(value):
    """Return twice as much."""
    assert value >= 0, "none below zero"
    return 2 * value
'''


def pack(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def names(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_compiled_module(tmp_path: Path) -> None:
    """It is imported as the source would be, with its assertions and without its docstrings."""
    archive = tmp_path / "modules.zip"
    archive.write_bytes(compile_archive(pack({"small/__init__.py": MODULE})))
    spec = zipimport.zipimporter(str(archive)).find_spec("small")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert names(archive.read_bytes()) == ["small/__init__.pyc"]
    assert module.double(4) == 8
    with pytest.raises(AssertionError, match="none below zero"):
        module.double(-1)
    assert (module.__doc__, module.Small.__doc__, module.double.__doc__) == (None, None, None)


def test_docstrings_of_pyodide(tmp_path: Path) -> None:
    """They stay: it does not start without them."""
    compiled = compile_archive(pack({"_pyodide/core.py": MODULE, "core.py": MODULE}))
    contents = {name: zipfile.ZipFile(io.BytesIO(compiled)).read(name) for name in names(compiled)}

    assert b"A small thing." in contents["_pyodide/core.pyc"]
    assert b"A small thing." not in contents["core.pyc"]


def test_other_files() -> None:
    """What is no module stays as it is; folders and what nobody needs are left out."""
    files = {"lib.so": "\0asm", "data/": "", "data/table.txt": "1 2 3", "tests/test_it.py": "pass", "tests.py": "pass"}
    compiled = compile_archive(pack(files), left_out=["tests/"])

    assert names(compiled) == ["lib.so", "data/table.txt", "tests.pyc"]
    assert zipfile.ZipFile(io.BytesIO(compiled)).read("data/table.txt") == b"1 2 3"


def test_compiling_again() -> None:
    """The same sources give the same bytes, whenever they are packed."""
    assert compile_archive(pack({"a.py": MODULE})) == compile_archive(pack({"a.py": MODULE}))


def test_folder_of_archives(tmp_path: Path) -> None:
    """ZIPs and wheels are compiled where they lie, and nothing else is touched."""
    for name in ("library.zip", "package.whl", "other.txt"):
        (tmp_path / name).write_bytes(pack({"a.py": MODULE}))
    compile_archives(tmp_path, ())

    assert names((tmp_path / "library.zip").read_bytes()) == ["a.pyc"]
    assert names((tmp_path / "package.whl").read_bytes()) == ["a.pyc"]
    assert names((tmp_path / "other.txt").read_bytes()) == ["a.py"]


def test_without_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said where to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NpmError, match=r"node was not found: install Node\.js"):
        pyodide.compile_archives(tmp_path, tmp_path, ())


def test_failing_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last words are the reason."""
    write(tmp_path / "node", "#!/bin/sh\necho 'some trace' >&2\necho 'MemoryError: too little' >&2\nexit 1\n")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    with pytest.raises(SetupError, match="could not be compiled for the browser: MemoryError: too little"):
        pyodide.compile_archives(tmp_path, tmp_path, ())
