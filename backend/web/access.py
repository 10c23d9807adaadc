"""Who may do what: the role that each route asks for, and the role that a request has by its key."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from litestar import HttpMethod
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.openapi.spec import SecurityScheme
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.settings import APIKey, Role

SCHEME = SecurityScheme(type="http", scheme="bearer", description="A key of the server; needed where there are keys")

# Of an IPv6 address, the part that a provider gives to one customer; within it everybody is who they like.
# Source: RFC 6177, 2: a /64 is the least that a site gets.
CUSTOMER_BITS = 64


class KeyRequired(NotAuthorizedException):
    """The request has no key that this server knows."""

    def __init__(self, detail: str, error: str = "") -> None:
        """
        Args:
            error: What RFC 6750, 3.1, calls it; nothing for a request that had no key at all.
        """
        super().__init__(detail, headers={"WWW-Authenticate": f'Bearer realm="lookalike"{error}'})


class RoleRequired(PermissionDeniedException):
    """The request's key does not give leave to do this."""


@dataclass(frozen=True)
class Caller:
    """Who sent a request."""

    role: Role
    name: str
    """Tells callers apart: a number for a key, an address for those without."""
    key: bool | None
    """Whether a key came with the request; None if it came with one that nobody has."""


def needs(role: Role) -> dict[str, Any]:
    """Return what a route is declared with. A route without it refuses every request, and fails a test."""
    # OpenAPI 3.1, Security Requirement Object: the list may name roles. `{}` says that a server can do without keys.
    return {"opt": {"role": role}, "security": [{"key": [role.value]}, {}] if role is not Role.NOTHING else []}


def needed_role(handler: BaseRouteHandler) -> Role:
    """Return the role that a route asks for. The answers to OPTIONS are Litestar's own, and only name methods."""
    if isinstance(handler, HTTPRouteHandler) and handler.http_methods == {HttpMethod.OPTIONS}:
        return Role.NOTHING
    return handler.opt["role"]


def check_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Let a request pass to its route, or not (a guard).

    Raises:
        KeyRequired: It has no key and needs one, or one that nobody has.
        RoleRequired: Its key is not for this.
    """
    role, caller = needed_role(handler), connection.auth
    if role is Role.NOTHING:
        return
    if caller.key is None:
        raise KeyRequired("This server does not know the key.", ', error="invalid_token"')
    if not caller.role.contains(role):
        if not caller.key:
            raise KeyRequired(f"This needs a key of the role {role}.")
        raise RoleRequired(f"This needs a key of the role {role}; the one that was sent is of the role {caller.role}.")


def customer(host: str) -> str:
    """Return the address of a client, or of IPv6 the network of one customer. Other names are returned as they are."""
    try:
        address = ip_address(host)
    except ValueError:
        return host  # A proxy's word for it, or a socket without addresses.
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, CUSTOMER_BITS), strict=False))
    return str(address)


class Identification(ASGIMiddleware):
    """Finds out who sends a request, by the header Authorization and the address, and notes it in the scope."""

    def __init__(self, keys: Sequence[APIKey], anonymous: Role) -> None:
        """
        Args:
            keys: Without any, everybody may do everything.
            anonymous: What others may do where there are keys.
        """
        self._keys = [(_digest(key.key.encode()), key.role) for key in keys]
        self._stranger = anonymous if keys else Role.ADMIN

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        scope["auth"] = self._caller(scope)
        await next_app(scope, receive, send)

    def _caller(self, scope: Scope) -> Caller:
        key = _bearer(scope)
        client = scope.get("client")
        address = customer(client[0] if client else "")
        if not self._keys or key is None:
            return Caller(self._stranger, address, key=False)
        number = self._find(key)
        if number is None:
            return Caller(Role.NOTHING, address, key=None)
        return Caller(self._keys[number][1], f"key {number}", key=True)

    def _find(self, key: bytes) -> int | None:
        """Compare with every key, and each as a digest, so that the time tells neither which is near nor how long."""
        sent, found = _digest(key), None
        for number, (known, _) in enumerate(self._keys):
            if hmac.compare_digest(known, sent):
                found = number
        return found


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _bearer(scope: Scope) -> bytes | None:
    """Return the key of the header Authorization; None if there is none, or one of another scheme."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = value.partition(b" ")
            return key.strip() if scheme.lower() == b"bearer" else None
    return None
