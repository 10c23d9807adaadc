"""Static files: types, compressed variants, and what a cache may keep."""

import gzip
from dataclasses import replace
from pathlib import Path

import brotli
import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from backend.catalogue.spaces import EmbeddingSpace
from backend.web.static import Site, static_route

pytestmark = pytest.mark.anyio

IMMUTABLE = "public, max-age=31536000, immutable"
PAGE = b"<!doctype html><title>Lookalike</title>"
WASM = b"\0asm" + bytes(4000)


@pytest.fixture
def site(site: Site) -> Site:
    """A site with one file of each sort."""
    _write(site.frontend_dist / "index.html", PAGE)
    _write(site.frontend_dist / "runtime/0123/pyscript/core.js", b"export {}")
    _write(site.frontend_dist / "runtime/0123/pyscript/pyodide/pyodide.asm.wasm", WASM)
    _write(site.frontend_dist / "runtime/0123/pyscript/pyodide/pyodide.asm.wasm.br", brotli.compress(WASM))
    _write(site.frontend_dist / "runtime/0123/pyscript/pyodide/pyodide.asm.wasm.gz", gzip.compress(WASM, mtime=0))
    _write(site.frontend_dist / "runtime/0123/pyscript/pyodide/pyodide.asm.mjs", b"export {}")
    _write(site.frontend_dist / "runtime/0123/numpy.whl", b"wheel")
    _write(site.frontend_dist / "app/4567/page/main.py", b"print()")
    _write(site.frontend_dist / "app/4567/style.css", b"a {}")
    _write(site.frontend_dist / "app/4567/page/pyscript.json", b"{}")
    for name in ("manifest.json", "model.json", "group1-shard1of1.bin", "labels.txt"):
        _write(site.model_folder / name, name.encode())
    return site


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/runtime/0123/pyscript/core.js", 'text/javascript; charset="utf-8"'),
        ("/runtime/0123/pyscript/pyodide/pyodide.asm.mjs", 'text/javascript; charset="utf-8"'),
        ("/runtime/0123/pyscript/pyodide/pyodide.asm.wasm", "application/wasm"),
        ("/runtime/0123/numpy.whl", "application/zip"),
        ("/app/4567/page/main.py", 'text/x-python; charset="utf-8"'),
        ("/app/4567/style.css", 'text/css; charset="utf-8"'),
        ("/app/4567/page/pyscript.json", "application/json"),
    ],
)
async def test_fingerprinted_file(path: str, media_type: str, http: httpx.AsyncClient) -> None:
    """A file under a hash has its type, and a cache may keep it for ever."""
    response = await http.get(path)

    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.headers["cache-control"] == IMMUTABLE


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("identity", None), ("br;q=0", None)],
)
async def test_compressed_variant(accepted: str, encoding: str | None, http: httpx.AsyncClient) -> None:
    """The smallest variant that the browser accepts is sent, as WebAssembly all the same."""
    url = "/runtime/0123/pyscript/pyodide/pyodide.asm.wasm"
    response = await http.get(url, headers={"Accept-Encoding": accepted})

    assert response.headers.get("content-encoding") == encoding
    assert response.headers["content-type"] == "application/wasm"
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.content == WASM


@pytest.mark.parametrize("heic", [True, False])
async def test_the_decoder_of_heic(heic: bool, site: Site, space: EmbeddingSpace) -> None:
    """It is there unless whoever runs the server leaves it out; all else is there without it."""
    decoder, other = (f"/runtime/0123/pyscript/pyodide/{name}-1.8.1-cp314.whl" for name in ("pillow_heif", "pillow"))
    for url in (decoder, other):
        _write(site.frontend_dist / url[1:], b"wheel")
    app = Litestar([static_route(replace(site, heic=heic), space)])
    async with AsyncTestClient(app) as client:
        statuses = [(await client.get(url)).status_code for url in (decoder, other, "/")]
    assert statuses == [200 if heic else 404, 200, 200]


async def test_variant_is_no_file_of_its_own(http: httpx.AsyncClient) -> None:
    """A compressed variant cannot be asked for by its name."""
    assert (await http.get("/runtime/0123/pyscript/pyodide/pyodide.asm.wasm.br")).status_code == 404


async def test_page_is_asked_for_again(http: httpx.AsyncClient) -> None:
    """The page is revalidated by a tag of its content, so a new version is seen at once."""
    first = await http.get("/")
    again = await http.get("/", headers={"If-None-Match": first.headers["etag"]})
    changed = await http.get("/", headers={"If-None-Match": 'W/"another"'})

    assert (first.status_code, first.content) == (200, PAGE)
    assert first.headers["content-type"] == 'text/html; charset="utf-8"'
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed.content) == (200, PAGE)


async def test_model(http: httpx.AsyncClient, space: EmbeddingSpace) -> None:
    """What decides the vectors is part of the address and kept for ever; what only describes them is revalidated."""
    cached = {
        name: (await http.get(f"/model/{space.id}/{name}")).headers["cache-control"]
        for name in ("model.json", "group1-shard1of1.bin", "manifest.json", "labels.txt")
    }

    assert cached == {
        "model.json": IMMUTABLE,
        "group1-shard1of1.bin": IMMUTABLE,
        "manifest.json": "no-cache",
        "labels.txt": "no-cache",
    }
    assert (await http.get(f"/model/{'0' * 16}/model.json")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../data/secret",
        "/..%2fdata%2fsecret",
        "/app/..%2f..%2f..%2fdata/secret",
        "/app/4567/%2e%2e/%2e%2e/%2e%2e/data/secret",
        "/app\\..\\..\\data\\secret",
        "/%00",
        "/app/4567/",
        "/runtime",
    ],
)
async def test_path_outside_the_site(path: str, http: httpx.AsyncClient) -> None:
    """Only files that were there at the start can be asked for, by their exact names."""
    assert (await http.get(path)).status_code == 404
