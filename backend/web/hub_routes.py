"""Routes for administrators to review hubs: images hidden from searches, and those they cleared."""

from typing import Annotated

from litestar import delete, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from backend.catalogue.errors import ImageNotFound
from backend.catalogue.hidden_hubs import HiddenHubs, ListedHub
from backend.catalogue.service import Catalogue
from backend.catalogue.values import ImageID
from backend.settings import Role

from .access import needs
from .problems import documented
from .schemas import Hub, HubList, to_image

Injected = NamedDependency[Catalogue]
InjectedHubs = NamedDependency[HiddenHubs]


def provide_hubs(state: State) -> HiddenHubs:
    return state.hubs


@get(
    "/hubs",
    **needs(Role.ADMIN),
    tags=["hubs"],
    summary="List hubs: images hidden from searches, and those that an administrator cleared",
    response_description="The hubs",
    responses=documented(parameters=True),
)
async def list_hubs(
    catalogue: Injected, hubs: InjectedHubs, limit: Annotated[int, QueryParameter(ge=1, le=100)] = 100
) -> HubList:
    listed, total = await hubs.listed(limit)
    return HubList([_hub(catalogue, each) for each in listed], total)


@put(
    "/hubs/{image_id:str}/cleared",
    **needs(Role.ADMIN),
    status_code=204,
    tags=["hubs"],
    summary="Clear a hub: searches show the image, and it is never hidden again",
    response_description="The hub is cleared",
    responses=documented(ImageNotFound, parameters=True),
)
async def clear_hub(hubs: InjectedHubs, image_id: FromPath[str]) -> None:
    await hubs.clear(ImageID(image_id))


@delete(
    "/hubs/{image_id:str}/cleared",
    **needs(Role.ADMIN),
    tags=["hubs"],
    summary="Undo that: the image is judged like any other",
    response_description="The hub is no longer cleared",
    responses=documented(parameters=True),
)
async def undo_clear_hub(hubs: InjectedHubs, image_id: FromPath[str]) -> None:
    await hubs.unclear(ImageID(image_id))


HANDLERS = [list_hubs, clear_hub, undo_clear_hub]


def _hub(catalogue: Catalogue, listed: ListedHub) -> Hub:
    image = to_image(listed.image, catalogue.links(listed.image.id))
    return Hub(image, listed.hub.share, listed.hub.found, listed.hub.state)
