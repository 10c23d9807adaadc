"""What differs between the photos of a group, in plain words. Pure, so that it is tested without a browser."""

from frontend.page.wording.numbers import file_size
from frontend.page.wording.types import type_name


def facts_of(images: list[dict], day_of) -> list[list[tuple[str, bool]]]:
    """
    Describe photos beside one another: of each, some texts, and whether it differs from any other one in that.

    What is the same in all is said all the same, as the eye looks for it in its place; tags only where there are any.

    Args:
        images: As the API describes them.
        day_of: Writes the day of a time (ISO 8601).
    """
    kinds = [
        [f"{image['width']:,} × {image['height']:,}" for image in images],
        [file_size(image["size"]) for image in images],
        [type_name(image["content_type"]) for image in images],
        ["Added " + day_of(image["created"]) for image in images],
    ]
    if any([image["tags"] for image in images]):
        kinds.append([tags_text(image["tags"]) for image in images])
    varied = [(texts, len(set(texts)) > 1) for texts in kinds]
    return [[(texts[place], varies) for texts, varies in varied] for place in range(len(images))]


def tags_text(tags: list[str]) -> str:
    """Write the tags of a photo."""
    return "Tags: " + ", ".join(sorted(tags)) if tags else "No tags"
