"""What people call the types of picture files. Pure, so that it is tested without a browser."""

NAMES = {
    "image/jpeg": "JPEG",
    "image/webp": "WebP",
    "image/avif": "AVIF",
    "image/heic": "HEIC",
    "image/heif": "HEIF",
}


def type_name(content_type: str) -> str:
    """Return what people call a type: 'JPEG' for image/jpeg, 'TIFF' for image/tiff."""
    return NAMES.get(content_type) or content_type.rsplit("/", 1)[-1].upper()
