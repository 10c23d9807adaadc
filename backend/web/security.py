"""Headers that go with every response: what the browser is not to do with it."""

from collections.abc import Awaitable, Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

# Cross-origin isolation (the first two) gives TF.js threads. `require-corp`, not `credentialless`: all we load is ours,
# or comes from a store of ours by CORS.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Files and stored pictures say otherwise; answers of the API carry signed addresses.
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# `unsafe-eval` is PyScript's: it makes functions of its hooks by Function(). `wasm-unsafe-eval` compiles WebAssembly;
# `blob:` in script and worker is PyScript's worker; pictures dropped on the page are shown from `blob:`. Nothing else
# comes from outside, but from a store that is not the server itself.
CONTENT_SECURITY_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'", "'unsafe-eval'", "'wasm-unsafe-eval'", "blob:"],
    "worker-src": ["'self'", "blob:"],
    "connect-src": ["'self'", "blob:"],
    "img-src": ["'self'", "blob:", "data:"],
    "style-src": ["'self'"],
    "font-src": ["'self'"],
    "manifest-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}

# What the page does with the store: write by scripts, show pictures.
STORE_DIRECTIVES = ("connect-src", "img-src")

# For what somebody uploaded: even opened by itself it can do nothing.
STORED_OBJECT_POLICY = "sandbox; default-src 'none'"


def security_headers(store_origin: str | None) -> Callable[[Message, Scope], Awaitable[None]]:
    """Return the hook that adds the headers; the page may use the store at this origin, None for the server's own."""
    headers = {**HEADERS, "Content-Security-Policy": _policy(store_origin)}

    async def secure(message: Message, scope: Scope) -> None:
        """Add the headers to a response about to be sent, leaving alone those that it sets itself."""
        if message["type"] == "http.response.start":
            sent = MutableScopeHeaders.from_message(message)
            for name, value in headers.items():
                sent.setdefault(name, value)

    return secure


async def vary_by_origin(message: Message, scope: Scope) -> None:
    """
    Say that an answer may differ for pages of other origins, so that no cache gives one's answer to the other.

    Litestar's CORSMiddleware (2.25) says so only to the origins that it knows, and in place of what else it varies by.
    """
    if message["type"] == "http.response.start":
        MutableScopeHeaders.from_message(message)["Vary"] = "Accept-Encoding, Origin"


def _policy(store_origin: str | None) -> str:
    added = {name: [store_origin] for name in STORE_DIRECTIVES} if store_origin else {}
    policy = {name: [*sources, *added.get(name, [])] for name, sources in CONTENT_SECURITY_POLICY.items()}
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())
