"""
Compiles Python modules ahead of time, so that no browser has to at each start of the page.

Standard library only: the Python that will read the byte code runs it (see `pyodide.py`), as no other can write it.
"""

import ast
import importlib.util
import io
import marshal
import zipfile
from collections.abc import Collection
from pathlib import Path

# Time of every entry, so that the same sources give the same archive: the earliest that a ZIP can store.
TIME = (1980, 1, 1, 0, 0, 0)

# Modules that need their docstrings: Pyodide copies them to what it exports, and does not start without them; numpy
# builds those of numpy.ma, which np.percentile loads, from those of its other functions, and fails if one is missing.
DOCUMENTED = ("_pyodide/", "pyodide/", "numpy/")


def compile_archives(folder: Path, left_out: Collection[str]) -> None:
    """Compile every ZIP and wheel of a folder, in place."""
    for archive in sorted([*folder.glob("*.zip"), *folder.glob("*.whl")]):
        archive.write_bytes(compile_archive(archive.read_bytes(), left_out))


def compile_archive(content: bytes, left_out: Collection[str] = ()) -> bytes:
    """
    Replace each module's source with byte code; other files stay as they are.

    The archive is not compressed: brotli compresses it better in transit, and nothing needs unpacking then.

    Args:
        left_out: Prefixes of names that are not needed.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            if not name.endswith("/") and not name.startswith(tuple(left_out)):
                compiled = compile_file(name, source.read(name))
                target.writestr(zipfile.ZipInfo(compiled[0], TIME), compiled[1])
    return out.getvalue()


def compile_file(name: str, content: bytes) -> tuple[str, bytes]:
    """Return name and content of an archive's file: modules as byte code that is never checked against its source."""
    if not name.endswith(".py"):
        return name, content
    tree = ast.parse(content, name)
    if not name.startswith(DOCUMENTED):
        remove_docstrings(tree)
    code = compile(tree, name, "exec", dont_inherit=True)
    # Flags: unchecked hash-based. Source: PEP 552.
    header = importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little") + importlib.util.source_hash(content)
    return f"{name}c", header + marshal.dumps(code)


def remove_docstrings(tree: ast.AST) -> None:
    """Remove the docstrings, a fifth of all bytes. `python -OO` would also remove the assertions."""
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if node.body[1:] else [ast.copy_location(ast.Pass(), node.body[0])]
