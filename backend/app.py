"""Assembles the application from settings, embedding space and site."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.types import Middleware

from backend.adapters.folder.store import FolderStore
from backend.adapters.lance.duplicates import LanceDuplicates
from backend.adapters.lance.hubs import LanceHubs
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.other_spaces import LanceOtherSpaces
from backend.adapters.s3.store import S3Store
from backend.catalogue.errors import CatalogueError, LibraryMismatch
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.hubs import HubGate
from backend.catalogue.library import Library
from backend.catalogue.orphans import Sweeper
from backend.catalogue.ports import ImageIndex, ObjectStore
from backend.catalogue.reembedding import Reembedding
from backend.catalogue.service import Catalogue, Limits, utc_now
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.tickets import TicketOffice
from backend.catalogue.tidying import Tidying
from backend.catalogue.upkeep import LibraryUpkeep
from backend.databases import model_names
from backend.libraries import Opened, graces, opened_library
from backend.settings import Settings, YesNo, signing_secret
from backend.stores import make_store, prepare_store
from backend.web import routes, store_routes
from backend.web.access import Identification
from backend.web.api_page.route import api_page_route
from backend.web.cross_site import CrossSiteCheck
from backend.web.head import HeadAsGet
from backend.web.host_check import HostCheck
from backend.web.hosts import names_to_answer
from backend.web.openapi import openapi_config
from backend.web.parameters import TOTAL
from backend.web.problems import exception_handlers
from backend.web.rate_limit import RateLimit
from backend.web.security import security_headers, vary_by_origin
from backend.web.static import Site, static_route

# For routes without a limit of their own: none of them reads a body.
MAX_BODY_BYTES = 1024

# How long the last mark may delay the shutdown. A guess: a commit takes a fraction of a second.
LAST_MARK_S = 5


def create_app(settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    """Assemble the application. Nothing is opened before it starts."""
    secret = signing_secret(settings)
    store = make_store(settings)
    secure = security_headers(store.origin)
    limits = Limits(settings.max_upload_bytes, settings.ticket_expires_s, settings.coordinates is YesNo.YES)

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with (
            aclosing(store),
            _prepared(store),
            opened_library(settings, store) as opened,
            LanceIndex.open(opened.database, space) as index,
        ):
            database = opened.database
            others = LanceOtherSpaces(database, space.id)
            gate, hubs = HubGate(index), HiddenHubs(index, LanceHubs(database, space.id))
            app.state.catalogue = Catalogue(space, index, others, store, TicketOffice(secret), limits, gate, hubs)
            app.state.reembedding = Reembedding(index, others, gate, hubs)
            app.state.hubs = hubs
            app.state.tidying = tidying = Tidying(index, LanceDuplicates(database, space.id))
            app.state.model_names = partial(model_names, settings.data / "models")
            async with (
                _in_background(gate.run()),
                _upkeep_running(settings, index, store, opened, hubs, tidying) as upkeep,
            ):
                app.state.warnings = partial(_warnings, upkeep, opened.library)
                yield

    return HeadAsGet(
        route_handlers=[
            routes.api_routes(_before_the_api(settings)),
            api_page_route(),
            *_store_routes(store, settings),
            static_route(site, space),
        ],
        lifespan=[opened],
        middleware=[HostCheck(names_to_answer(settings.host, settings.hosts))],
        exception_handlers=exception_handlers(),
        cors_config=_cors(settings.origins),
        before_send=[secure, vary_by_origin] if settings.origins else [secure],
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,  # Left to the caller.
        openapi_config=openapi_config(),
    )


@asynccontextmanager
async def _prepared(store: FolderStore | S3Store) -> AsyncIterator[None]:
    await prepare_store(store)
    yield


@asynccontextmanager
async def _upkeep_running(
    settings: Settings, index: ImageIndex, store: ObjectStore, opened: Opened, hubs: HiddenHubs, tidying: Tidying
) -> AsyncIterator[LibraryUpkeep | None]:
    """Do the upkeep in the background, unless `lookalike upkeep` does it."""
    if settings.upkeep is YesNo.NO:
        yield None
        return
    sweeper = Sweeper(store, opened.database, opened.library, graces(settings), utc_now)
    upkeep = LibraryUpkeep(index, opened.library, sweeper, hubs, tidying)
    try:
        async with _in_background(upkeep.run()):
            yield upkeep
    finally:
        # So that the store knows the latest version, should an older copy of the database be put in its place.
        with suppress(CatalogueError, TimeoutError):
            async with asyncio.timeout(LAST_MARK_S):
                await opened.library.mark()


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run an endless task until the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _warnings(upkeep: LibraryUpkeep | None, library: Library) -> Sequence[str]:
    """Return the current problems that the operator must act on."""
    found = dict.fromkeys(upkeep.warnings if upkeep else [])
    try:
        await library.check()
    except LibraryMismatch as exc:
        found[str(exc)] = None
    return list(found)


def _store_routes(store: FolderStore | S3Store, settings: Settings) -> Sequence[Router]:
    """Return the routes of the folder store; browsers reach any other store directly."""
    embeddable = bool(settings.origins)
    return [store_routes.store_routes(store, embeddable)] if isinstance(store, FolderStore) else []


def _before_the_api(settings: Settings) -> Sequence[Middleware]:
    identification = Identification(settings.api_keys, settings.anonymous)
    checks = [CrossSiteCheck(settings.origins), identification]
    return [*checks, RateLimit(settings.requests_per_minute)] if settings.requests_per_minute else checks


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    """Allow pages of these origins to use everything: the API, the folder store, and the model's files."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Date", "Retry-After", "WWW-Authenticate", TOTAL],
    )
