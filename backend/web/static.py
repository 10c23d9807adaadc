"""Serves the built page, the browser's runtimes and the model, all compressed at set-up, with servestatic."""

# servestatic has annotations, but no py.typed.
# pyright: reportMissingTypeStubs=false

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from litestar import HttpMethod, Request, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from servestatic import ServeStaticASGI
from servestatic.asgi import FileServerASGI
from servestatic.responders import Redirect, StaticFile

from backend.catalogue.spaces import EmbeddingSpace

# A year, the longest that caches honour (RFC 9111).
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"

# Each block costs a switch to a thread: with servestatic's 8 KiB, 10 MB take 0.3 s of CPU time; with 256 KiB 0.05 s
# (measured).
BLOCK_BYTES = 256 * 1024

# In the URL path of the decoder of HEIC, whatever its version.
HEIC_DECODER = "/pyscript/pyodide/pillow_heif-"

# Types that servestatic does not know. The interpreters fetch() Python source; the browser never runs it.
MEDIA_TYPES = {
    ".py": "text/x-python",
    ".toml": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".whl": "application/zip",
}


@dataclass(frozen=True)
class Site:
    """What is served as files."""

    frontend_dist: Path
    """Folder with index.html, `runtime/<hash>/…` and `app/<hash>/…`."""
    model_folder: Path
    """Folder with manifest.json and the files that it names."""
    heic: bool = True
    """Whether browsers get a decoder of HEIC."""


def model_url(space: EmbeddingSpace) -> str:
    """Return the URL path of the model's files. It contains the space, so that two models never mix in a cache."""
    return f"/model/{space.id}/"


def static_route(site: Site, space: EmbeddingSpace) -> HTTPRouteHandler:
    """Return the route for everything that no other route serves. The files are listed once, now."""
    files = _list_files(site, space)

    @route(["/", "/{file:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
    async def static(request: Request[Any, Any, Any]) -> ASGIApp:
        file = files.get(request.scope["path"])
        if file is None:
            raise NotFoundException
        server = FileServerASGI(file)
        server.block_size = BLOCK_BYTES
        return server  # type: ignore[return-value]

    return static


def _list_files(site: Site, space: EmbeddingSpace) -> Mapping[str, StaticFile | Redirect]:
    listing = ServeStaticASGI(
        None,
        root=site.frontend_dist,
        index_file=True,
        max_age=None,
        immutable_file_test=lambda path, url: False,
        allow_all_origins=False,
        mimetypes=MEDIA_TYPES,
        add_headers_function=_cache_headers(space),
    )
    listing.add_files(site.model_folder, model_url(space))
    return {url: file for url, file in listing.files.items() if site.heic or HEIC_DECODER not in url}


def _cache_headers(space: EmbeddingSpace) -> Callable[[Headers, str, str], None]:
    decisive = [name for name in space.files if name not in space.describing]
    fingerprinted = ("/runtime/", "/app/", *(model_url(space) + name for name in decisive))

    def add(headers: Headers, path: str, url: str) -> None:
        if url.startswith(fingerprinted):
            headers["Cache-Control"] = IMMUTABLE
        else:
            headers["Cache-Control"] = REVALIDATED
            headers["ETag"] = _etag(Path(path))

    return add


def _etag(path: Path) -> str:
    """Return a weak validator, because it stands for all encodings of the file."""
    return f'W/"{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}"'
