"""The one place that assembles: settings, embedding space and site become an application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from litestar import Litestar, Router

from backend.adapters.lance_database import LanceDatabase
from backend.adapters.lance_index import LanceIndex
from backend.adapters.local_store import LocalStore
from backend.adapters.s3_store import S3Store
from backend.catalogue.service import Catalogue, Limits
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.tickets import TicketOffice
from backend.settings import Settings, signing_secret
from backend.stores import make_store, prepare_store
from backend.web import routes, store_routes
from backend.web.hosts import HostCheck, names_to_answer
from backend.web.openapi import openapi_config
from backend.web.problems import exception_handlers
from backend.web.security import security_headers
from backend.web.static import Site, static_route

# A registration with a list of 4,096 numbers takes some 100 KB; the rest is room.
MAX_BODY_BYTES = 1024 * 1024


def create_app(settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    """Assemble the application. Nothing is opened before the server starts it."""
    secret = signing_secret(settings)
    store = make_store(settings)
    limits = Limits(settings.max_upload_bytes, settings.ticket_expires_s)

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with (
            aclosing(store),
            LanceDatabase.open(settings.data / "database") as database,
            LanceIndex.open(database, space) as index,
        ):
            await prepare_store(store)
            app.state.catalogue = Catalogue(space, index, store, TicketOffice(secret), limits)
            yield

    return Litestar(
        route_handlers=[routes.api_routes(), *_store_routes(store), static_route(site, space)],
        lifespan=[opened],
        middleware=[HostCheck(names_to_answer(settings.host, settings.hosts))],
        exception_handlers=exception_handlers(),
        before_send=[security_headers(store.origin)],
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,  # Left to whoever runs the application.
        openapi_config=openapi_config(),
    )


def _store_routes(store: LocalStore | S3Store) -> Sequence[Router]:
    """Return the routes of the embedded store; any other store browsers reach by themselves."""
    return [store_routes.store_routes(store)] if isinstance(store, LocalStore) else []
