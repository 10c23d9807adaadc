"""Answers HEAD wherever the API has GET (RFC 9110, 9.1: general-purpose servers must support both)."""

# Litestar's annotations leave out the type arguments of its generic classes.
# pyright: reportUnknownMemberType=false

from collections.abc import MutableMapping
from typing import Any, cast

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.types import HTTPResponseStartEvent, HTTPScope, Message, Send

from .routes import PATH


class HeadAsGet(Litestar):
    """
    Answers HEAD on the API as GET, without the content.

    It acts before routing: Litestar (2.25) adds the description's route itself, for GET only, and second handlers for
    the other routes would appear in the description. Pages, model and store have cheaper handlers of their own.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PATH):
            scope, send = _as_get(scope, send)
        await super().__call__(scope, receive, send)


def _as_get(scope: HTTPScope, send: Send) -> tuple[HTTPScope, Send]:
    head = scope["method"] == "HEAD"

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            _allow_head(message)
        elif head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return (cast("HTTPScope", {**scope, "method": "GET"}) if head else scope), send_head


def _allow_head(message: HTTPResponseStartEvent) -> None:
    headers = cast("MutableMapping[str, str]", MutableScopeHeaders.from_message(message))
    methods = headers.get("allow", "").split(", ")
    if "GET" in methods and "HEAD" not in methods:
        headers["allow"] = ", ".join(sorted([*methods, "HEAD"]))
