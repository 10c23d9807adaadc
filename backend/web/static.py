"""Serves the built page, the browser's runtimes and the model, compressed at set-up, by servestatic."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from wsgiref.headers import Headers

from litestar import HttpMethod, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send
from servestatic import ServeStaticASGI

from backend.catalogue.spaces import EmbeddingSpace

# A year, the longest that RFC 9111 caches are asked to believe.
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"

# What servestatic does not know. Python source is read by the interpreters with fetch(), never run by the browser.
MEDIA_TYPES = {".py": "text/x-python", ".toml": "text/plain", ".whl": "application/zip"}


@dataclass(frozen=True)
class Site:
    """What is served as files."""

    frontend_dist: Path
    """Folder with index.html, `runtime/<hash>/…` and `app/<hash>/…`."""
    model_folder: Path
    """Folder with manifest.json and the files that it names."""


def model_url(space: EmbeddingSpace) -> str:
    """Return the folder of the model's files. The space is part of it, so that two models never mix in a cache."""
    return f"/model/{space.id}/"


def static_route(site: Site, space: EmbeddingSpace) -> HTTPRouteHandler:
    """Return the route that serves everything that no other route does. Files are listed once, now."""
    files = ServeStaticASGI(
        _not_found,
        root=site.frontend_dist,
        index_file=True,
        max_age=None,
        immutable_file_test=lambda path, url: False,
        allow_all_origins=False,
        mimetypes=MEDIA_TYPES,
        add_headers_function=_cache_headers(space),
    )
    files.add_files(site.model_folder, model_url(space))

    @route(["/", "/{file:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
    async def static() -> ASGIApp:
        return files  # type: ignore[return-value]

    return static


def _cache_headers(space: EmbeddingSpace) -> Callable[[Headers, str, str], None]:
    fingerprinted = ("/runtime/", "/app/", *(model_url(space) + name for name in space.files if name != space.labels))

    def add(headers: Headers, path: str, url: str) -> None:
        if url.startswith(fingerprinted):
            headers["Cache-Control"] = IMMUTABLE
        else:
            headers["Cache-Control"] = REVALIDATED
            headers["ETag"] = _etag(Path(path))

    return add


def _etag(path: Path) -> str:
    """Return a weak validator, as one stands for all encodings of the file."""
    return f'W/"{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}"'


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotFoundException
