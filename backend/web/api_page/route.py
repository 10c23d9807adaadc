"""Serves the page under /api/v1/docs."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler

from backend.web.openapi import described
from backend.web.routes import PATH

from .contents import contents_of
from .wording import line, prose

FOLDER = Path(__file__).parent


def api_page_route() -> HTTPRouteHandler:
    """Return the route of the page. It is made once for each application, when somebody first asks for it."""
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    policy = {"Content-Security-Policy": _policy(style)}

    @cache
    def page(app: Litestar) -> str:
        return render(described(app), style)

    @get(f"{PATH}/docs", include_in_schema=False, sync_to_thread=True)
    def api_page(request: Request[Any, Any, Any]) -> Response[str]:
        return Response(page(request.app), media_type=MediaType.HTML, headers=policy)

    return api_page


def render(document: dict[str, Any], style: str) -> str:
    """Write the page of an OpenAPI document."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    contents = contents_of(document)
    # Jinja2 does not say what its filters are.
    filters = cast("dict[str, Callable[..., Any]]", environment.filters)  # pyright: ignore[reportUnknownMemberType]
    filters["prose"] = partial(prose, names=contents.names)
    filters["line"] = partial(line, names=contents.names)
    return environment.get_template("page.html").render(contents=contents, style=style)


def _policy(style: str) -> str:
    """Allow the page its own style and nothing else: no script, no request."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # `data:` is the icon, without which browsers ask for /favicon.ico.
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
