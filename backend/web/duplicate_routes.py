"""Routes by which people tidy up: groups of duplicates, pairs that are none, and merging what several images say."""

from typing import Annotated

from litestar import delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from backend.catalogue.duplicate_groups import MAX_GROUP, ListedGroup
from backend.catalogue.errors import ImageNotFound
from backend.catalogue.service import Catalogue
from backend.catalogue.tidying import Tidying
from backend.catalogue.values import ImageID, ImageRecord
from backend.settings import Role

from .access import needs
from .problems import documented
from .schemas import (
    HEX_PATTERN,
    Apart,
    DuplicateCount,
    DuplicateGroup,
    DuplicatePage,
    Id,
    Image,
    Merge,
    Merged,
    to_image,
    to_undo,
)

# As in `routes`: the largest bodies that the limits in `schemas` allow, with some margin.
MAX_APART_BYTES = 4 * 1024
MAX_MERGE_BYTES = 4 * 1024

# Groups in one answer: a hundred images or two, usually.
MAX_GROUPS = 50

Injected = NamedDependency[Catalogue]
InjectedTidying = NamedDependency[Tidying]


def provide_tidying(state: State) -> Tidying:
    return state.tidying


@get(
    "/duplicates",
    **needs(Role.READ),
    tags=["duplicates"],
    summary="List groups of images that are versions of the same picture",
    description="The best image of a group is its keeper: that with most pixels, then with the largest file, then the"
    " earliest. Every other one is a version of the keeper itself, not only of a third one; no image is in two groups.",
    response_description="A page of the groups",
    responses=documented(parameters=True),
)
async def list_duplicates(
    catalogue: Injected,
    tidying: InjectedTidying,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_GROUPS)] = 20,
    after: Annotated[
        str | None, QueryParameter(max_length=32, pattern=HEX_PATTERN, description="`next` of the previous page")
    ] = None,
) -> DuplicatePage:
    page = await tidying.page(limit, None if after is None else ImageID(after))
    groups = [_group(catalogue, group) for group in page.groups]
    counts = page.counts
    return DuplicatePage(
        groups, page.next, counts.groups, counts.checked, counts.waiting, counts.spare, counts.saves_bytes
    )


@get(
    "/duplicates/count",
    **needs(Role.READ),
    tags=["duplicates"],
    summary="Count groups of duplicates",
    description="Ask often: as long as nobody writes, the answer comes from memory.",
    response_description="How many groups there are, and how many images have been compared",
    responses=documented(),
)
async def count_duplicates(tidying: InjectedTidying) -> DuplicateCount:
    counts = await tidying.counts()
    return DuplicateCount(counts.groups, counts.checked, counts.waiting, counts.spare, counts.saves_bytes)


@put(
    "/duplicates/apart",
    **needs(Role.WRITE),
    status_code=204,
    tags=["duplicates"],
    summary="Say that images are no duplicates of one another: they are never listed in one group again",
    request_max_body_size=MAX_APART_BYTES,
    response_description="That is noted for every pair of them",
    responses=documented(body=True),
)
async def set_apart(tidying: InjectedTidying, data: JSONBody[Apart]) -> None:
    await tidying.set_apart([ImageID(image_id) for image_id in data.ids])


@delete(
    "/duplicates/apart",
    **needs(Role.WRITE),
    tags=["duplicates"],
    summary="Undo that: the images are judged like any others",
    response_description="Nothing is noted any more for any pair of them",
    responses=documented(parameters=True),
)
async def undo_set_apart(
    tidying: InjectedTidying,
    ids: Annotated[list[Id], QueryParameter(min_items=2, max_items=MAX_GROUP, description="The same images")],
) -> None:
    await tidying.undo_set_apart([ImageID(image_id) for image_id in ids])


@post(
    "/duplicates/merge",
    **needs(Role.WRITE),
    status_code=200,
    tags=["duplicates"],
    summary="Add to an image the tags and attributes that only others have",
    description="Nothing is deleted. A title is taken over if the image has none, and when it was taken if at most its"
    " file tells that; its own values stay, and the limits of tags and attributes hold. Others that do not exist count"
    " as saying nothing.",
    request_max_body_size=MAX_MERGE_BYTES,
    response_description="The image, and the change that undoes it",
    responses=documented(ImageNotFound, body=True),
)
async def merge_images(catalogue: Injected, data: JSONBody[Merge]) -> Merged:
    record, undo = await catalogue.merge(ImageID(data.keeper), [ImageID(image_id) for image_id in data.others])
    return Merged(_image(catalogue, record), to_undo(undo))


HANDLERS = [list_duplicates, count_duplicates, set_apart, undo_set_apart, merge_images]


def _group(catalogue: Catalogue, group: ListedGroup) -> DuplicateGroup:
    images = [_image(catalogue, record) for record in group.images]
    return DuplicateGroup(group.id, images[0].id, group.reason, group.saves_bytes, images)


def _image(catalogue: Catalogue, record: ImageRecord) -> Image:
    return to_image(record, catalogue.links(record.id))
