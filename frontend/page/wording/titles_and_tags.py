"""Titles and tags: what people type and what files are called, as the server takes it."""

MAX_TAG = 64
MAX_TAGS = 32
# The server's limits: a tag's characters, a picture's tags.


def title_of(file_name: str) -> str:
    """Make a title of a file name: without its ending, underscores as blanks."""
    name = plain(file_name)
    stem = name.rsplit(".", 1)[0].replace("_", " ").strip() or name
    return stem[:200]


def split_tags(text: str) -> list[str]:
    """Read tags from a line: separated by commas, each once, in the order in which they were written."""
    tags = []
    for part in plain(text).split(","):
        tag = part.strip()
        if tag and tag not in tags:
            tags.append(tag)
    return tags


def cut_tags(tags: list[str]) -> list[str]:
    """Cut tags to what the server takes, where nobody can be asked to write them shorter."""
    return split_tags(",".join([tag[:MAX_TAG] for tag in tags]))[:MAX_TAGS]


def problem_of(tags: list[str]) -> str:
    """Say why the server would not take these tags; nothing if it would."""
    if len(tags) > MAX_TAGS:
        return f"A picture has at most {MAX_TAGS} tags, these are {len(tags)}."
    for tag in tags:
        if len(tag) > MAX_TAG:
            return f"A tag has at most {MAX_TAG} characters, this has {len(tag)}: {tag}"
    return ""


def plain(text: str) -> str:
    """
    Put blanks in the place of control characters.

    Tabs and line breaks the server does not take; those that turn the direction of text would let a name lie.
    """
    return "".join([" " if ord(char) < 32 or ord(char) in CONTROLS else char for char in text])


# Delete, and Unicode's bidirectional controls. Source: UAX #9, 2, table of directional formatting characters.
CONTROLS = {0x7F, 0x200E, 0x200F, 0x061C} | set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A))

PICTURE_ENDINGS = {
    "avif",
    "avifs",
    "bmp",
    "gif",
    "heic",
    "heif",
    "jfif",
    "jpeg",
    "jpg",
    "mpo",
    "png",
    "tif",
    "tiff",
    "webp",
}
"""What files of pictures that can be read here end in, where the browser does not know their type."""
