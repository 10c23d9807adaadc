"""The API under /api/v1: reads requests into values, lets the catalogue act, writes its values out again."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from backend import __version__
from backend.catalogue import values
from backend.catalogue.errors import (
    ImageNotFound,
    InvalidVector,
    SpaceMismatch,
    TicketExpired,
    TicketInvalid,
    TicketRevoked,
    TicketUsed,
    UnsupportedType,
    UploadIncomplete,
    UploadTooLarge,
)
from backend.catalogue.service import IMAGE_TYPES, MAX_THUMBNAIL_BYTES, Catalogue
from backend.catalogue.values import Filters, ImageID, ImageRecord, Position, Sort

from .problems import documented
from .schemas import (
    BegunUpload,
    Health,
    Image,
    ImagePage,
    Match,
    Registration,
    Search,
    SearchResult,
    Space,
    UploadDeclaration,
    UploadLimits,
    read_vector,
    to_image,
    to_upload,
)
from .static import model_url

PATH = "/api/v1"

Injected = NamedDependency[Catalogue]


def api_routes() -> Router:
    """Return the routes of the API. They expect the catalogue in the application's state."""
    return Router(
        PATH,
        route_handlers=[health, space, begin_upload, register, images, image, remove, search],
        dependencies={"catalogue": Provide(_catalogue, sync_to_thread=False)},
    )


@get("/health", summary="Say whether images can be found", responses=documented())
async def health(catalogue: Injected) -> Health:
    return Health("ok", __version__, catalogue.space.id, await catalogue.count())


@get("/space", summary="Describe the embedding space, its model and what may be uploaded", responses=documented())
async def space(catalogue: Injected) -> Space:
    described = catalogue.space
    limits = UploadLimits(catalogue.limits.max_upload_bytes, MAX_THUMBNAIL_BYTES, list(IMAGE_TYPES))
    return Space(described.id, described.dimension, model_url(described), described.manifest, limits)


@post(
    "/uploads",
    summary="Ask for leave to upload an image",
    response_description="A ticket, and where to send original and thumbnail",
    responses=documented(UnsupportedType, UploadTooLarge, body=True)
    | {200: ResponseSpec(BegunUpload, generate_examples=False, description="The image is in the catalogue already")},
)
async def begin_upload(catalogue: Injected, data: JSONBody[UploadDeclaration]) -> Response[BegunUpload]:
    begun = await catalogue.begin_upload(data.to_value())
    if isinstance(begun, ImageRecord):
        return Response(BegunUpload(_image(catalogue, begun), None), status_code=200)
    return Response(BegunUpload(None, to_upload(begun)), status_code=201)


@put(
    "/images/{image_id:str}",
    status_code=201,
    summary="Register an uploaded image",
    response_description="The new image",
    responses=documented(
        TicketInvalid,
        TicketExpired,
        TicketUsed,
        TicketRevoked,
        SpaceMismatch,
        InvalidVector,
        UploadIncomplete,
        body=True,
    )
    | {200: ResponseSpec(Image, generate_examples=False, description="The image was registered before")},
)
async def register(catalogue: Injected, image_id: FromPath[str], data: JSONBody[Registration]) -> Response[Image]:
    catalogue.check_space(data.space)
    vector = read_vector(data.vector, catalogue.space.dimension)
    record, made = await catalogue.register(image_id, data.ticket, vector, data.to_value())
    return Response(_image(catalogue, record), status_code=201 if made else 200)


@get("/images", summary="List images, newest first", responses=documented(parameters=True))
async def images(
    catalogue: Injected,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    after: Annotated[str | None, QueryParameter(pattern="^[0-9a-f]{32}$", max_length=32)] = None,
) -> ImagePage:
    page = await catalogue.page(limit, Sort.NEWEST, None if after is None else _position(ImageID(after)), Filters())
    return ImagePage(
        [_image(catalogue, record) for record in page.images], page.next.id if page.next else None, page.total
    )


@get("/images/{image_id:str}", summary="Show an image", responses=documented(ImageNotFound, parameters=True))
async def image(catalogue: Injected, image_id: FromPath[str]) -> Image:
    return _image(catalogue, await catalogue.get(ImageID(image_id)))


@delete(
    "/images/{image_id:str}",
    summary="Remove an image and its files",
    responses=documented(ImageNotFound, parameters=True),
)
async def remove(catalogue: Injected, image_id: FromPath[str]) -> None:
    await catalogue.delete(ImageID(image_id))


@post(
    "/search",
    status_code=200,
    summary="Find the most similar images",
    responses=documented(SpaceMismatch, InvalidVector, ImageNotFound, body=True),
)
async def search(catalogue: Injected, data: JSONBody[Search]) -> SearchResult:
    catalogue.check_space(data.space)
    found = await _find(catalogue, data)
    return SearchResult(data.space, [Match(match.score, _image(catalogue, match.image)) for match in found])


def _position(image_id: ImageID) -> Position:
    return Position(int(image_id[:12], 16), image_id)


async def _find(catalogue: Catalogue, query: Search) -> Sequence[values.Match]:
    filters = query.filters.to_value()
    if query.like is not None:
        return await catalogue.search(ImageID(query.like), "", query.limit, filters)
    assert query.vector is not None, "Search takes one of the two"
    vector = read_vector(query.vector, catalogue.space.dimension)
    return await catalogue.search(vector, "", query.limit, filters)


def _catalogue(state: State) -> Catalogue:
    return state.catalogue


def _image(catalogue: Catalogue, record: ImageRecord) -> Image:
    return to_image(record, catalogue.links(record.id))
