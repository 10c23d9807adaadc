"""Pre-processing gives the same bytes under CPython and under Pyodide in the browser."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from frontend.embedder import (
    declared_end,
    declared_size,
    hdr,
    heif,
    icons,
    kinds,
    model_input,
    perceptual_hash,
    preprocessing,
    raw_previews,
    tiff_tags,
)
from tests.support import awkward, fingerprints
from tests.support.servers.lookalike import Server
from tests.support.shared import AWKWARD, AWKWARD_2, NO_PHOTOGRAPHS

# Loads the Pyodide and the wheels that the page's worker loads, and runs the very same sources in it.
RUN_IN_PYODIDE = """
async ([runtime, sources, files]) => {
    const { loadPyodide } = await import(runtime + "/pyscript/pyodide/pyodide.mjs");
    const pyodide = await loadPyodide();
    await pyodide.loadPackage(["numpy", "pillow", "pillow-heif"]);
    for (const [path, text] of Object.entries(sources)) {
        pyodide.FS.mkdirTree("/home/pyodide/" + path.slice(0, path.lastIndexOf("/")));
        pyodide.FS.writeFile("/home/pyodide/" + path, text);
    }
    pyodide.globals.set("files", pyodide.toPy(files));
    return pyodide.runPython(`
        import base64
        from tests.support.fingerprints import fingerprints
        fingerprints({name: base64.b64decode(data) for name, data in files.items()})
    `);
}
"""


# Their compressed data are damaged, which libjpeg survives; what it then shows differs between its builds with and
# without SIMD. Only the sizes are compared.
DAMAGED_SCANS = ("made_bitrot.jpg", "pillow_hopper_bad_exif.jpg")


# All that pre-processing is made of.
PURE = (
    declared_end,
    declared_size,
    hdr,
    heif,
    icons,
    kinds,
    model_input,
    perceptual_hash,
    preprocessing,
    raw_previews,
    tiff_tags,
)


def in_pyodide(context: BrowserContext, server: Server, files: dict[str, bytes]) -> dict[str, Any]:
    """Fingerprint files in the browser."""
    sources = {
        f"{module.__name__.replace('.', '/')}.py": Path(str(module.__file__)).read_text(encoding="utf-8")
        for module in (*PURE, fingerprints)
    }
    in_base64 = {name: base64.b64encode(data).decode() for name, data in files.items()}
    with context.new_page() as page:
        page.goto(server.url + "/api/v1/health")
        return json.loads(page.evaluate(RUN_IN_PYODIDE, [server.runtime(), sources, in_base64]))


def test_drawn_pictures(context: BrowserContext, package_server: Server) -> None:
    """Every awkward picture that the tests can make, good and bad, comes out the same to the byte."""
    files = {**awkward.good(), **awkward.bad()}
    assert in_pyodide(context, package_server, files) == json.loads(fingerprints.fingerprints(files))


@pytest.mark.skipif(not AWKWARD.is_file(), reason=NO_PHOTOGRAPHS)
def test_awkward_photographs(context: BrowserContext, package_server: Server) -> None:
    """So does every awkward file that people have sent to image libraries."""
    paths = [path for found in (AWKWARD, AWKWARD_2) if found.is_file() for path in sorted(found.parent.iterdir())]
    files = {path.name: path.read_bytes() for path in paths if path.suffix != ".csv"}
    there = in_pyodide(context, package_server, files)
    here = json.loads(fingerprints.fingerprints(files))
    for name in DAMAGED_SCANS:
        assert there.pop(name)[0] == here.pop(name)[0]
    assert there == here
