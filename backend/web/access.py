"""Access control: the role that each route needs, and the role that a request has by its key."""

# Litestar's annotations leave out the type arguments of its generic classes.
# pyright: reportUnknownMemberType=false

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

SCHEME = SecurityScheme(type="http", scheme="bearer", description="An API key; required if the server has keys")

# The part of an IPv6 address that a provider assigns to one customer, who can choose any address within it. Source: RFC
# 6177, 2: a site gets at least a /64.
CLIENT_NETWORK_BITS = 64


class KeyRequired(NotAuthorizedException):
    """The request has no valid key."""

    def __init__(self, detail: str, error: str = "") -> None:
        """
        Args:
            error: RFC 6750, 3.1's error code; empty for a request without any key.
        """
        super().__init__(detail, headers={"WWW-Authenticate": f'Bearer realm="lookalike"{error}'})


class RoleRequired(PermissionDeniedException):
    """The request's key does not allow this."""


@dataclass(frozen=True)
class Caller:
    """Who sent a request."""

    role: Role
    name: str
    """Identifies the caller: by the number of its key, or else by its address."""
    key: bool | None
    """Whether the request has a key; None if that key is invalid."""


def needs(role: Role) -> dict[str, Any]:
    """Return the keyword arguments that declare a route's role. A route without one refuses every request."""
    # OpenAPI 3.1, Security Requirement Object: the list may name roles. `{}` means that a server may have no keys.
    return {"opt": {"role": role}, "security": [{"key": [role.value]}, {}] if role is not Role.NOTHING else []}


def needed_role(handler: BaseRouteHandler) -> Role:
    """Return the role that a route needs. OPTIONS is answered by Litestar, and only lists methods."""
    if isinstance(handler, HTTPRouteHandler) and handler.http_methods == {HttpMethod.OPTIONS}:
        return Role.NOTHING
    return handler.opt["role"]


def check_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Let a request pass to its route, or refuse it (a guard).

    Raises:
        KeyRequired: It needs a key and has none, or an invalid one.
        RoleRequired: Its key has too low a role.
    """
    role, caller = needed_role(handler), connection.auth
    if role is Role.NOTHING:
        return
    if caller.key is None:
        raise KeyRequired("The key is not valid.", ', error="invalid_token"')
    if not caller.role.contains(role):
        if not caller.key:
            raise KeyRequired(f"This needs a key of the role {role}.")
        raise RoleRequired(f"This needs a key of the role {role}; the one sent has the role {caller.role}.")


def client_network(host: str) -> str:
    """Return a client's IPv4 address, or the network of an IPv6 address; anything else as it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return host  # A name that a proxy gave, or a socket without addresses.
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, CLIENT_NETWORK_BITS), strict=False))
    return str(address)


class Identification(ASGIMiddleware):
    """Identifies the sender of a request by the header Authorization and the address, and notes it in the scope."""

    def __init__(self, keys: Sequence[APIKey], anonymous: Role) -> None:
        """
        Args:
            keys: Without any, everyone may do everything.
            anonymous: What requests without a key may do if there are keys.
        """
        self._keys = [(_digest(key.key.encode()), key.role) for key in keys]
        self._stranger = anonymous if keys else Role.ADMIN

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        scope["auth"] = self._caller(scope)
        await next_app(scope, receive, send)

    def _caller(self, scope: Scope) -> Caller:
        key = _bearer(scope)
        client = scope.get("client")
        address = client_network(client[0] if client else "")
        if not self._keys or key is None:
            return Caller(self._stranger, address, key=False)
        number = self._find(key)
        if number is None:
            return Caller(Role.NOTHING, address, key=None)
        return Caller(self._keys[number][1], f"key {number}", key=True)

    def _find(self, key: bytes) -> int | None:
        """Compare with the digest of every key, so that timing reveals nothing about them."""
        sent, found = _digest(key), None
        for number, (known, _) in enumerate(self._keys):
            if hmac.compare_digest(known, sent):
                found = number
        return found


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _bearer(scope: Scope) -> bytes | None:
    """Return the key in the header Authorization; None without one, or with another scheme."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = value.partition(b" ")
            return key.strip() if scheme.lower() == b"bearer" else None
    return None
