"""Security headers of every response: what a browser must not do with it."""

# Litestar's annotations leave out the type arguments of its generic classes.
# pyright: reportUnknownMemberType=false

from collections.abc import Awaitable, Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

# Cross-origin isolation (the first two) gives TF.js threads. `require-corp`, not `credentialless`: everything we load
# is ours, or comes from our store by CORS.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Files and stored photos override this; responses of the API contain signed addresses.
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# PyScript needs `unsafe-eval`: it creates its hooks with Function(). `wasm-unsafe-eval` compiles WebAssembly. `blob:`
# in script and worker is PyScript's worker, and in images the photos dropped on the page. Nothing else comes from
# outside, except from a separate store.
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

# The page uploads to the store by script, and shows its images.
STORE_DIRECTIVES = ("connect-src", "img-src")

# For uploaded files: even opened directly, they can do nothing.
STORED_OBJECT_POLICY = "sandbox; default-src 'none'"


def security_headers(store_origin: str | None) -> Callable[[Message, Scope], Awaitable[None]]:
    """Return the hook that adds the headers, for a store at this origin (None: this server)."""
    headers = {**HEADERS, "Content-Security-Policy": _policy(store_origin)}

    async def secure(message: Message, scope: Scope) -> None:
        """Add the headers that the response does not set itself."""
        if message["type"] == "http.response.start":
            sent = MutableScopeHeaders.from_message(message)
            for name, value in headers.items():
                sent.setdefault(name, value)

    return secure


async def vary_by_origin(message: Message, scope: Scope) -> None:
    """
    Tell caches that a response may differ by origin.

    Litestar's CORSMiddleware (2.25) does so only for allowed origins, and drops what else the response varies by.
    """
    if message["type"] == "http.response.start":
        MutableScopeHeaders.from_message(message)["Vary"] = "Accept-Encoding, Origin"


def _policy(store_origin: str | None) -> str:
    added = {name: [store_origin] for name in STORE_DIRECTIVES} if store_origin else {}
    policy = {name: [*sources, *added.get(name, [])] for name, sources in CONTENT_SECURITY_POLICY.items()}
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())
