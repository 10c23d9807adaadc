"""Routes by which browsers re-embed the images of earlier models, until their spaces are dropped."""

from collections.abc import Mapping, Sequence

from litestar import Response, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.catalogue.errors import HubVector, ImageNotFound, InvalidVector, ReembeddingUnfinished, SpaceMismatch
from backend.catalogue.reembedding import Progress, Reembedding
from backend.catalogue.service import Catalogue
from backend.catalogue.values import ImageID, ImageRecord
from backend.settings import Role

from .access import needs
from .problems import documented
from .schemas import (
    Image,
    Lease,
    LeaseRequest,
    ReembeddingProgress,
    Renewal,
    SourceSpace,
    UnreadableImage,
    UnreadableReport,
    read_vector,
    to_image,
)

# As in `routes`: the largest bodies that the limits in `schemas` allow, with some margin.
MAX_LEASE_BYTES = 48 * 1024
MAX_REPORT_BYTES = 8 * 1024
MAX_RENEWAL_BYTES = 192 * 1024

Injected = NamedDependency[Catalogue]
InjectedReembedding = NamedDependency[Reembedding]


def provide_reembedding(state: State) -> Reembedding:
    return state.reembedding


@get(
    "/reembedding",
    **needs(Role.ADMIN),
    tags=["reembedding"],
    summary="Count the images of other models that wait to be re-embedded",
    response_description="How far the re-embedding is",
    responses=documented(),
)
async def get_reembedding_progress(
    catalogue: Injected, reembedding: InjectedReembedding, state: State
) -> ReembeddingProgress:
    return _to_progress(catalogue, await reembedding.progress(), state.model_names())


@post(
    "/reembedding/leases",
    **needs(Role.ADMIN),
    status_code=200,
    tags=["reembedding"],
    summary="Lease images to re-embed: nobody else gets them for a minute",
    response_description="The leased images",
    request_max_body_size=MAX_LEASE_BYTES,
    responses=documented(body=True),
)
async def lease_images(catalogue: Injected, reembedding: InjectedReembedding, data: JSONBody[LeaseRequest]) -> Lease:
    reembedding.give_back([ImageID(image_id) for image_id in data.returned])
    if data.again:
        reembedding.forget_reports()
    images: Sequence[ImageRecord] = await reembedding.lease(data.limit) if data.limit else ()
    return Lease([_image(catalogue, image) for image in images])


@put(
    "/reembedding/images/{image_id:str}",
    **needs(Role.ADMIN),
    status_code=201,
    tags=["reembedding"],
    summary="Give an image of another model its vector of the model in use",
    request_max_body_size=MAX_RENEWAL_BYTES,
    response_description="The image, which searches find from now on",
    responses=documented(SpaceMismatch, InvalidVector, HubVector, ImageNotFound, body=True)
    | {
        200: ResponseSpec(
            Image, generate_examples=False, description="The image, or one with the same file, was there already"
        )
    },
)
async def reembed_image(
    catalogue: Injected, reembedding: InjectedReembedding, image_id: FromPath[str], data: JSONBody[Renewal]
) -> Response[Image]:
    catalogue.check_space(data.space)
    vector = read_vector(data.vector, catalogue.space.dimension)
    record, made = await reembedding.reembed(ImageID(image_id), vector, data.to_labels())
    return Response(_image(catalogue, record), status_code=201 if made else 200)


@put(
    "/reembedding/images/{image_id:str}/report",
    **needs(Role.ADMIN),
    status_code=204,
    tags=["reembedding"],
    summary="Report an image that a browser could not read; it goes on waiting",
    response_description="The report is noted",
    request_max_body_size=MAX_REPORT_BYTES,
    responses=documented(ImageNotFound, body=True),
)
async def report_unreadable_image(
    reembedding: InjectedReembedding, image_id: FromPath[str], data: JSONBody[UnreadableReport]
) -> None:
    await reembedding.report(ImageID(image_id), data.reason)


@delete(
    "/reembedding",
    **needs(Role.ADMIN),
    tags=["reembedding"],
    summary="Delete the spaces of other models, once nothing waits in them",
    response_description="Only the space in use is left",
    responses=documented(ReembeddingUnfinished),
)
async def finish_reembedding(reembedding: InjectedReembedding) -> None:
    await reembedding.finish()


HANDLERS = [get_reembedding_progress, lease_images, reembed_image, report_unreadable_image, finish_reembedding]


def _to_progress(catalogue: Catalogue, progress: Progress, names: Mapping[str, str]) -> ReembeddingProgress:
    return ReembeddingProgress(
        space=catalogue.space.id,
        model=catalogue.space.model,
        sources=[SourceSpace(source.space, names.get(source.space), source.images) for source in progress.sources],
        total=progress.total,
        left=progress.left,
        unreadable=progress.unreadable,
        examples=[UnreadableImage(_image(catalogue, each.image), each.reason) for each in progress.examples],
    )


def _image(catalogue: Catalogue, record: ImageRecord) -> Image:
    return to_image(record, catalogue.links(record.id))
