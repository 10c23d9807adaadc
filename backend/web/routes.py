"""The API under /api/v1: converts requests to values, calls the catalogue, and converts its results to responses."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.datastructures import ResponseHeader, State
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream
from litestar.types import Middleware

from backend import __version__
from backend.catalogue.errors import (
    HubVector,
    ImageNotFound,
    InvalidVector,
    SpaceMismatch,
    TicketExpired,
    TicketInvalid,
    TicketRevoked,
    TicketUsed,
    TooManyAttributes,
    TypeMismatch,
    UnsupportedType,
    UploadIncomplete,
    UploadTooLarge,
)
from backend.catalogue.service import Catalogue
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import ImageID, ImageRecord, Looks, Sort, Vector, Wording
from backend.settings import Role

from . import duplicate_routes, hub_routes, overview_routes, reembedding_routes, vector_rows
from .access import Caller, check_role, needs
from .cursors import MAX_CURSOR, read_cursor, write_cursor
from .json_bodies import MERGE_PATCH, JSONRequest, check_media_type
from .parameters import TOTAL, FiltersText, read_filters
from .problems import documented
from .schemas import (
    MAX_IMAGES,
    BegunUpload,
    Example,
    Health,
    Image,
    ImageChange,
    ImagePage,
    Match,
    Registration,
    Search,
    SearchResult,
    Space,
    Status,
    UploadDeclaration,
    read_vector,
    to_fingerprint,
    to_image,
    to_limits,
    to_upload,
)
from .static import model_url

PATH = "/api/v1"

# The largest bodies that the limits in `schemas` allow, every character written as \uXXXX\uXXXX, with some margin. A
# test builds them: 3, 357, 221 and 3,200 KB, as a search may have twenty-six vectors.
MAX_DECLARATION_BYTES = 8 * 1024
MAX_REGISTRATION_BYTES = 384 * 1024
MAX_CHANGE_BYTES = 256 * 1024
MAX_SEARCH_BYTES = 4 * 1024 * 1024

# Far more images than a library has, and a number that LanceDB accepts.
MAX_SKIP = 1_000_000_000

# 5 MB of vectors with 512 values, 13 MB with 1,280: a browser fetches them in a second or two, and a map cannot show
# more points distinctly.
MAX_SAMPLE = 5000

Injected = NamedDependency[Catalogue]


def api_routes(middleware: Sequence[Middleware]) -> Router:
    """
    Return the routes of the API. They expect catalogue, tidying, re-embedding and hubs in the application's state.

    Args:
        middleware: Runs before all routes, and identifies the sender of a request (`Identification`).
    """
    return Router(
        PATH,
        route_handlers=[
            *HANDLERS,
            *overview_routes.HANDLERS,
            *duplicate_routes.HANDLERS,
            *reembedding_routes.HANDLERS,
            *hub_routes.HANDLERS,
        ],
        middleware=middleware,
        guards=[check_role, check_media_type],
        request_class=JSONRequest,
        dependencies={
            "catalogue": Provide(_catalogue, sync_to_thread=False),
            "tidying": Provide(duplicate_routes.provide_tidying, sync_to_thread=False),
            "reembedding": Provide(reembedding_routes.provide_reembedding, sync_to_thread=False),
            "hubs": Provide(hub_routes.provide_hubs, sync_to_thread=False),
        },
    )


@get(
    "/health",
    **needs(Role.NOTHING),
    tags=["server"],
    summary="Check that images can be found",
    response_description="Images can be found",
    responses=documented(keys=False),
)
async def check_health(catalogue: Injected) -> Health:
    await catalogue.count()
    # No more than that: anyone may ask.
    return Health("ok")


@get(
    "/space",
    **needs(Role.READ),
    tags=["server"],
    summary="Get the embedding space, its model and the server's limits",
    response_description="What a client needs to know before it makes a vector or uploads a file",
    responses=documented(),
)
async def get_space(catalogue: Injected, request: Request[Any, Caller, Any]) -> Space:
    described = catalogue.space
    limits = to_limits(catalogue.limits)
    role = request.auth.role.value
    return Space(described.id, described.dimension, model_url(described), described.manifest, limits, role)


@post(
    "/uploads",
    **needs(Role.WRITE),
    tags=["uploads"],
    summary="Begin an upload",
    request_max_body_size=MAX_DECLARATION_BYTES,
    response_description="A ticket, and signed requests that upload original and thumbnail",
    responses=documented(UnsupportedType, UploadTooLarge, body=True)
    | {200: ResponseSpec(BegunUpload, generate_examples=False, description="The image exists already")},
)
async def begin_upload(catalogue: Injected, data: JSONBody[UploadDeclaration]) -> Response[BegunUpload]:
    begun = await catalogue.begin_upload(data.to_value())
    if isinstance(begun, ImageRecord):
        return Response(BegunUpload(_image(catalogue, begun), None), status_code=200)
    return Response(BegunUpload(None, to_upload(begun)), status_code=201)


@put(
    "/images/{image_id:str}",
    **needs(Role.WRITE),
    status_code=201,
    tags=["uploads"],
    summary="Register an image whose files are uploaded",
    request_max_body_size=MAX_REGISTRATION_BYTES,
    response_description="The new image",
    responses=documented(
        TicketInvalid,
        TicketExpired,
        TicketUsed,
        TicketRevoked,
        SpaceMismatch,
        InvalidVector,
        HubVector,
        UploadIncomplete,
        TypeMismatch,
        body=True,
    )
    | {200: ResponseSpec(Image, generate_examples=False, description="The image was registered before")},
)
async def register_image(catalogue: Injected, image_id: FromPath[str], data: JSONBody[Registration]) -> Response[Image]:
    catalogue.check_space(data.space)
    vector = read_vector(data.vector, catalogue.space.dimension)
    record, made = await catalogue.register(image_id, data.ticket, vector, data.to_value())
    return Response(_image(catalogue, record), status_code=201 if made else 200)


@get(
    "/images",
    **needs(Role.READ),
    tags=["images"],
    summary="List images",
    response_description="A page of the list",
    responses=documented(parameters=True),
)
async def list_images(
    catalogue: Injected,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_IMAGES)] = 50,
    sort: Annotated[
        Sort,
        QueryParameter(
            description="A hyphen reverses the order. By default those taken last come first; an image of which `taken`"
            " is not known counts as taken when it was created"
        ),
    ] = Sort.NEWEST,
    after: Annotated[
        str | None, QueryParameter(max_length=MAX_CURSOR, description="`next` of the previous page, in the same order")
    ] = None,
    skip: Annotated[int, QueryParameter(ge=0, le=MAX_SKIP, description="How many images to skip at the beginning")] = 0,
    filters: FiltersText = "{}",
) -> ImagePage:
    position = None if after is None else read_cursor(after, sort)
    page = await catalogue.page(limit, sort, position, read_filters(filters), skip)
    return ImagePage(
        [_image(catalogue, record) for record in page.images],
        write_cursor(sort, page.next) if page.next else None,
        page.total,
    )


@get(
    "/vectors",
    **needs(Role.READ),
    tags=["images"],
    summary="Get the vectors of all images that pass the filters, or of a random sample",
    media_type=vector_rows.MEDIA_TYPE,
    responses=documented(parameters=True),
    response_description=vector_rows.DESCRIPTION,
    response_headers=[
        ResponseHeader(name=TOTAL, description="Number of images that pass the filters", documentation_only=True)
    ],
)
async def get_vectors(
    catalogue: Injected,
    limit: Annotated[
        int, QueryParameter(ge=1, le=MAX_SAMPLE, description="Size of the random sample if there are more images")
    ] = (MAX_SAMPLE),
    filters: FiltersText = "{}",
) -> Stream:
    total, pieces = await catalogue.sample(limit, read_filters(filters))
    return Stream(vector_rows.stream(pieces), media_type=vector_rows.MEDIA_TYPE, headers={TOTAL: str(total)})


@get(
    "/images/{image_id:str}",
    **needs(Role.READ),
    tags=["images"],
    summary="Get an image",
    response_description="The image",
    responses=documented(ImageNotFound, parameters=True),
)
async def get_image(catalogue: Injected, image_id: FromPath[str]) -> Image:
    return _image(catalogue, await catalogue.get(ImageID(image_id)))


@patch(
    "/images/{image_id:str}",
    **needs(Role.WRITE),
    tags=["images"],
    summary="Change title, tags, attributes or time of an image",
    # Not as a second kind of body: for two of one type openapi-python-client (0.29) writes a module that cannot run.
    description=f"A JSON merge patch (RFC 7396); it may be declared as `{MERGE_PATCH}`, too.",
    response_description="The changed image",
    responses=documented(ImageNotFound, TooManyAttributes, body=True),
    request_max_body_size=MAX_CHANGE_BYTES,
)
async def change_image(catalogue: Injected, image_id: FromPath[str], data: JSONBody[ImageChange]) -> Image:
    return _image(catalogue, await catalogue.change(ImageID(image_id), data.to_value()))


@delete(
    "/images/{image_id:str}",
    **needs(Role.WRITE),
    tags=["images"],
    summary="Delete an image and its files",
    response_description="The image is gone",
    responses=documented(ImageNotFound, parameters=True),
)
async def delete_image(catalogue: Injected, image_id: FromPath[str]) -> None:
    await catalogue.delete(ImageID(image_id))


@post(
    "/search",
    **needs(Role.READ),
    status_code=200,
    tags=["search"],
    summary="Find images by their looks, by words, or by both",
    response_description="The best matches",
    request_max_body_size=MAX_SEARCH_BYTES,
    responses=documented(SpaceMismatch, InvalidVector, ImageNotFound, body=True),
)
async def search(catalogue: Injected, data: JSONBody[Search]) -> SearchResult:
    catalogue.check_space(data.space)
    first = [Example(data.vector, data.like)] if data.vector is not None or data.like is not None else []
    looks = Looks(
        _examples([*first, *data.more_like], catalogue.space),
        _examples(data.less_like, catalogue.space),
        _examples(data.any_of, catalogue.space),
        to_fingerprint(data.perceptual_hash),
    )
    filters = data.filters.to_value()
    found, searched = await asyncio.gather(
        catalogue.search(looks, _wording(data, catalogue.space), data.limit, filters), catalogue.searched(filters)
    )
    matches = [
        Match(match.score, match.found_by, match.duplicate, match.version_of, _image(catalogue, match.image))
        for match in found
    ]
    return SearchResult(data.space, searched, matches)


@get(
    "/status",
    **needs(Role.ADMIN),
    tags=["server"],
    summary="Get version, number of images and warnings",
    response_description="The state of the server",
    responses=documented(),
)
async def get_status(catalogue: Injected, state: State) -> Status:
    return Status(__version__, catalogue.space.id, await catalogue.count(), await state.warnings())


HANDLERS = [
    check_health,
    get_space,
    get_status,
    search,
    begin_upload,
    register_image,
    list_images,
    get_image,
    change_image,
    delete_image,
    get_vectors,
]


def _examples(examples: Sequence[Example], space: EmbeddingSpace) -> list[Vector | ImageID]:
    return [_example(example, space) for example in examples]


def _wording(search: Search, space: EmbeddingSpace) -> Wording:
    vector = None if search.text_vector is None else read_vector(search.text_vector, space.dimension)
    return Wording(search.text.strip(), vector)


def _example(example: Example, space: EmbeddingSpace) -> Vector | ImageID:
    if example.vector is not None:
        return read_vector(example.vector, space.dimension)
    assert example.like is not None
    return ImageID(example.like)


def _catalogue(state: State) -> Catalogue:
    return state.catalogue


def _image(catalogue: Catalogue, record: ImageRecord) -> Image:
    return to_image(record, catalogue.links(record.id))
