"""Routes that tell of the library as a whole: how many images, where, of which months and proportions, which names."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from backend.catalogue import proportions, values
from backend.catalogue.errors import ImageNotFound
from backend.catalogue.service import Catalogue
from backend.catalogue.values import ImageID, Sort
from backend.settings import Role

from .access import needs
from .parameters import TOTAL, FiltersText, read_filters
from .problems import documented
from .schemas import MAX_TEXT_CHARS, PRINTABLE, Library, Month, Months, Named, Place, Suggestions

TEXT = "text/plain"

# The farthest that a local time is from UTC: 14 hours, with room.
MAX_OFFSET_MIN = 24 * 60

# More than a list under a field shows.
MAX_SUGGESTIONS = 50

PROPORTIONS = f"""\
Two characters for each image, in the order of `list_images`. They are the digits of a number from 0 to 4095 to the \
base 64, the higher first: `A` to `Z` are 0 to 25, `a` to `z` 26 to 51, `0` to `9` 52 to 61, `-` is 62 and `_` 63. \
Width / height is 2 ** ((number - {proportions.SQUARE}) / {proportions.STEPS}); images beyond 16:1 and 1:16 count as \
these."""

Injected = NamedDependency[Catalogue]


class TimeOrder(StrEnum):
    """Orders by time."""

    NEWEST = Sort.NEWEST
    OLDEST = Sort.OLDEST
    LAST_ADDED = Sort.LAST_ADDED
    FIRST_ADDED = Sort.FIRST_ADDED


@get(
    "/library",
    **needs(Role.READ),
    tags=["images"],
    summary="Get the number of images, and a marker that tells whether anything has changed",
    description="Ask often: as long as nobody writes, the answer comes from memory.",
    response_description="What the library holds now",
    responses=documented(),
)
async def get_library(catalogue: Injected) -> Library:
    state = await catalogue.state()
    return Library(state.count, state.marker)


@get(
    "/months",
    **needs(Role.READ),
    tags=["images"],
    summary="Count the images of each month",
    response_description="The months in the order of the list, without those that have no image",
    responses=documented(parameters=True),
)
async def list_months(
    catalogue: Injected,
    sort: Annotated[TimeOrder, QueryParameter(description="As in `list_images`")] = TimeOrder.NEWEST,
    filters: FiltersText = "{}",
    offset_min: Annotated[
        int,
        QueryParameter(
            ge=-MAX_OFFSET_MIN,
            le=MAX_OFFSET_MIN,
            description="How many minutes local time is ahead of UTC: 60 in Berlin in winter, -300 in New York. For"
            " orders by `created` only: `taken` is local time",
        ),
    ] = 0,
) -> Months:
    months = await catalogue.months(Sort(sort), read_filters(filters), offset_min)
    return Months(sum(month.count for month in months), [Month(month.month, month.count) for month in months])


@get(
    "/proportions",
    **needs(Role.READ),
    tags=["images"],
    summary="Get the proportions of all images that pass the filters",
    media_type=TEXT,
    response_description=PROPORTIONS,
    responses=documented(parameters=True),
    response_headers=[
        ResponseHeader(name=TOTAL, description="Number of images that pass the filters", documentation_only=True)
    ],
)
async def get_proportions(
    catalogue: Injected,
    sort: Annotated[Sort, QueryParameter(description="As in `list_images`")] = Sort.NEWEST,
    filters: FiltersText = "{}",
) -> Response[str]:
    codes = await catalogue.proportions(sort, read_filters(filters))
    return Response(proportions.write(codes), media_type=TEXT, headers={TOTAL: str(len(codes))})


@get(
    "/images/{image_id:str}/place",
    **needs(Role.READ),
    tags=["images"],
    summary="Find an image in the list of those that pass the filters",
    response_description="Its place in the list",
    responses=documented(ImageNotFound, parameters=True),
)
async def find_image(
    catalogue: Injected,
    image_id: FromPath[str],
    sort: Annotated[Sort, QueryParameter(description="As in `list_images`")] = Sort.NEWEST,
    filters: FiltersText = "{}",
) -> Place:
    position, total = await catalogue.place(ImageID(image_id), sort, read_filters(filters))
    return Place(position, total)


@get(
    "/words",
    **needs(Role.READ),
    tags=["search"],
    summary="Suggest tags and labels while somebody types",
    response_description="Those of which a word begins like that, the commonest first",
    responses=documented(parameters=True),
)
async def suggest_words(
    catalogue: Injected,
    beginning: Annotated[
        str,
        QueryParameter(
            max_length=MAX_TEXT_CHARS,
            pattern=PRINTABLE,
            description="Compared without case and accents; if empty, the commonest of all are suggested",
        ),
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_SUGGESTIONS, description="Of tags, and of labels")] = 10,
) -> Suggestions:
    tags, labels = await catalogue.suggest(beginning, limit)
    return Suggestions(_named(tags), _named(labels))


HANDLERS = [get_library, list_months, get_proportions, find_image, suggest_words]


def _named(found: Sequence[values.Named]) -> list[Named]:
    return [Named(each.name, each.count) for each in found]
