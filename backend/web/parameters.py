"""Parameters that several routes take."""

from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from backend.catalogue.values import Filters

from .json_bodies import decoded
from .schemas import SearchFilters

# The head of a request is limited to 64 KB; with some 30 tags or labels, a URL has a few thousand characters.
MAX_FILTERS = 16_384

FiltersText = Annotated[str, QueryParameter(max_length=MAX_FILTERS, description="JSON, like `filters` of a search")]

# The header that tells how many images pass the filters, where the body cannot.
TOTAL = "X-Total-Count"

_FILTERS = msgspec.json.Decoder(SearchFilters)


def read_filters(text: str) -> Filters:
    """
    Read the parameter `filters`.

    Raises:
        ValidationException: It is not JSON of a SearchFilters.
    """
    return decoded(text, _FILTERS.decode, "filters").to_value()
