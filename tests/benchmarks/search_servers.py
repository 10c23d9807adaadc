"""
A search service around another engine: `python -m tests.benchmarks.search_servers NAME FOLDER PORT`.

All but the index is the product's own: the routes with what stands before and after them, the catalogue, the signing
of addresses, and how uvicorn serves it.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import uvicorn
from litestar import Litestar

from backend.adapters.folder.store import FolderStore
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.hubs import HubGate
from backend.catalogue.ports import HubMemory, ImageIndex, OtherSpaces
from backend.catalogue.service import Catalogue, Limits, utc_now
from backend.catalogue.tickets import TicketOffice
from backend.catalogue.values import Filters, Hub, ImageID, Match, Vector
from backend.settings import Settings
from backend.web import routes, store_routes
from backend.web.access import Identification
from backend.web.host_check import HostCheck
from backend.web.hosts import names_to_answer
from backend.web.problems import exception_handlers
from backend.web.security import security_headers
from tests.benchmarks.search_engines import ENGINES, Engine, settings_in, unpacked
from tests.support.spaces import bundled_space

SECRET = bytes(32)


class EngineIndex:
    """As much of an ImageIndex as a search by a vector needs; filters are those of the benchmark."""

    def __init__(self, engine: Engine, plain: int, filtered: int) -> None:
        self._engine = engine
        self._settings = {False: plain, True: filtered}

    async def nearest(
        self, vector: Vector, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        tenth = bool(filters.tags_any)
        hits = await self._engine.hits(vector, limit, tenth, self._settings[tenth])
        return [Match(max(-1.0, min(1.0, score)), unpacked(record)) for score, record in hits]


class NoHubs:
    """As much of a HubMemory as a search needs."""

    async def all(self) -> Sequence[Hub]:
        return []


def application(index: ImageIndex, settings: Settings) -> Litestar:
    """Assemble what `create_app` does, without its database."""
    space = bundled_space()
    store = FolderStore(settings.data / "objects", store_routes.PATH, SECRET, settings.url_expires_s, utc_now)
    limits = Limits(settings.max_upload_bytes, settings.ticket_expires_s, keeps_coordinates=False)
    app = Litestar(
        route_handlers=[routes.api_routes([Identification(settings.api_keys, settings.anonymous)])],
        middleware=[HostCheck(names_to_answer(settings.host, settings.hosts))],
        exception_handlers=exception_handlers(),
        before_send=[security_headers(None)],
        logging_config=None,
        openapi_config=None,
    )
    gate, hubs = HubGate(index), HiddenHubs(index, cast(HubMemory, NoHubs()))
    app.state.catalogue = Catalogue(
        space, index, cast(OtherSpaces, None), store, TicketOffice(SECRET), limits, gate, hubs
    )
    app.state.reembedding = app.state.hubs = app.state.tidying = None
    return app


def main(name: str, folder: Path, port: int) -> None:
    built = settings_in(folder)
    engine = ENGINES[name]()
    engine.open(folder, rows=int((folder.parent / "rows").read_text()))
    settings = replace(Settings(data=folder), port=port)
    index: Any = EngineIndex(engine, built.plain, built.filtered)
    app = application(index, settings)
    # As backend/commands/serve.py has it, which brings the product's database with it.
    options: Any = {"lifespan": "off", "log_level": "warning", "server_header": False, "proxy_headers": False}
    uvicorn.run(app, host=settings.host, port=settings.port, **options)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
