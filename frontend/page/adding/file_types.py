"""Which files in a folder are taken for pictures, by type and name."""

# File name endings, for the formats whose type not every browser knows. All that the worker can read: a test compares
# them with Pillow's.
PICTURE_ENDINGS = (
    "apng",
    "avif",
    "avifs",
    "bmp",
    "gif",
    "heic",
    "heif",
    "jfif",
    "jpe",
    "jpeg",
    "jpg",
    "mpo",
    "png",
    "tif",
    "tiff",
    "webp",
)


def is_picture(name: str, content_type: str) -> bool:
    """Tell whether a file may be a picture; `content_type` is the browser's guess, empty where it has none."""
    return content_type.startswith("image/") or name.lower().rsplit(".", 1)[-1] in PICTURE_ENDINGS


def is_hidden(path: str) -> bool:
    """Tell whether a file or a folder above it is hidden, as those of systems and thumbnails are."""
    return any([part.startswith(".") for part in path.split("/")])
