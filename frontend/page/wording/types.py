"""What people call the types of picture files. Pure, so that it is tested without a browser."""

NAMES = {
    "image/jpeg": "JPEG",
    "image/webp": "WebP",
    "image/avif": "AVIF",
    "image/heic": "HEIC",
    "image/heif": "HEIF",
    "image/jp2": "JPEG 2000",
    "image/jxl": "JPEG XL",
    "image/vnd.microsoft.icon": "ICO",
    "image/x-adobe-dng": "DNG",
    "image/x-canon-cr2": "CR2",
    "image/x-canon-cr3": "CR3",
    "image/x-dcraw": "RAW",
    "image/x-fuji-raf": "RAF",
    "image/x-nikon-nef": "NEF",
    "image/x-olympus-orf": "ORF",
    "image/x-panasonic-rw2": "RW2",
    "image/x-sony-arw": "ARW",
}


def type_name(content_type: str) -> str:
    """Return what people call a type: 'JPEG' for image/jpeg, 'TIFF' for image/tiff."""
    return NAMES.get(content_type) or content_type.rsplit("/", 1)[-1].upper()
