"""Types of files in people's words."""

import pytest

from frontend.page.wording.types import type_name


@pytest.mark.parametrize(
    ("content_type", "name"),
    [("image/jpeg", "JPEG"), ("image/webp", "WebP"), ("image/tiff", "TIFF"), ("image/x-unheard-of", "X-UNHEARD-OF")],
)
def test_names(content_type: str, name: str) -> None:
    """Each has the name that people know it by; one that is not known is named as it names itself."""
    assert type_name(content_type) == name
