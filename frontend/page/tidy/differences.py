"""What differs between the photos of a group, in plain words. Pure, so that it is tested without a browser."""

from frontend.page.wording.numbers import file_size
from frontend.page.wording.types import type_name


def facts_of(images: list[dict], day_there, day_here) -> list[list[tuple[str, bool]]]:
    """
    Describe photos beside one another: of each, some texts, and whether it differs from any other one in that.

    What is the same in all is said all the same, as the eye looks for it in its place; when they were taken, and tags,
    only where anything of it is known.

    Args:
        images: As the API describes them.
        day_there: Writes the day of a time by the clock where a photo was taken (ISO 8601).
        day_here: Writes the day of a moment (ISO 8601), by the clock here.
    """
    kinds = [
        [f"{image['width']:,} × {image['height']:,}" for image in images],
        [file_size(image["size"]) for image in images],
        [type_name(image["content_type"]) for image in images],
        ["Added " + day_here(image["created"]) for image in images],
    ]
    if any([image["taken"] for image in images]):
        kinds.insert(3, [taken_text(image, day_there) for image in images])
    if any([image["tags"] for image in images]):
        kinds.append([tags_text(image["tags"]) for image in images])
    varied = [(texts, len(set(texts)) > 1) for texts in kinds]
    return [[(texts[place], varies) for texts, varies in varied] for place in range(len(images))]


def taken_text(image: dict, day_there) -> str:
    """Write when a photo was taken, and whether only its file says so: one with the camera's word is worth more."""
    if not image["taken"]:
        return "No date"
    return ("File of " if image["taken_source"] == "file" else "Taken ") + day_there(image["taken"])


def tags_text(tags: list[str]) -> str:
    """Write the tags of a photo."""
    return "Tags: " + ", ".join(sorted(tags)) if tags else "No tags"
