"""
Which files in a folder are taken for pictures: by type and name, else by their first bytes; and which folders are not
looked into. Pure, so that it is tested without a browser.
"""

# File name endings, for the formats whose type not every browser knows. All that can be read: a test compares them with
# the worker's table of kinds.
# fmt: off
PICTURE_ENDINGS = (
    "apng", "avif", "avifs", "bmp", "cur", "gif", "heic", "heif", "hif", "ico", "j2k", "jfif", "jp2", "jpe",
    "jpeg", "jpf", "jpg", "jpx", "jxl", "mpo", "png", "svg", "tif", "tiff", "webp",
    # Of cameras' RAW photos.
    "3fr", "arw", "cr2", "cr3", "dng", "erf", "mef", "nef", "nrw", "orf", "pef", "raf", "rw2", "rwl", "sr2",
    "srw",
)
# fmt: on


# Folders, in small letters, in which systems keep what people did not put there: thumbnails, versions, deleted files.
SYSTEM_FOLDERS = (
    "#recycle",  # Synology, as the next three
    "#snapshot",
    "@eadir",
    "@tmp",
    "@recently-snapshot",  # QNAP, as the next one
    "@recycle",
    "$recycle.bin",  # Windows, as the next three
    "found.000",
    "recycler",
    "system volume information",
    "~snapshot",  # NetApp
    "__macosx",  # archives made on a Mac
    "network trash folder",  # macOS on a network, as the next one
    "temporary items",
    "lost+found",  # Linux
)

# Of folders whose name ends so: Lightroom's previews, and all of a Mac's photo library but its originals.
SYSTEM_FOLDER_ENDINGS = (".lrdata",)
LIBRARY_ENDING = ".photoslibrary"
LIBRARY_ORIGINALS = ("originals", "masters")

# How many of a file's first bytes tell what it is.
HEAD_BYTES = 32

# The four letters after `ftyp` in the formats that are read here.
AVIF_AND_CANON = (b"avif", b"avis", b"crx ")
HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevm", b"hevs", b"hevx", b"mif1", b"mif2", b"msf1", b"miaf")
HEIF_3 = (b"MiHB", b"MiHE")
BRANDS = AVIF_AND_CANON + HEIF + HEIF_3

# How files of the other formats begin: TIFF and those like it, which most makers' RAW photos are; then the others.
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*", b"IIU\0", b"IIRO", b"IIRS", b"MMOR")
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"\0\0\1\0", b"\0\0\2\0", b"FUJIFILMCCD-RAW")
JPEGS_LATER = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n")
BEGINNINGS = TIFF + PICTURES + JPEGS_LATER

# Sizes of the second header of a bitmap: two letters alone are too little to know one by.
BITMAP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)


def is_picture(name: str, content_type: str) -> bool:
    """Tell whether a file may be a picture; `content_type` is the browser's guess, empty where it has none."""
    return content_type.startswith("image/") or ending_of(name) in PICTURE_ENDINGS


def begins_like_picture(head: bytes) -> bool:
    """Tell whether a file's first `HEAD_BYTES` are those of a picture."""
    if head[:2] == b"BM":
        return head[6:10] == b"\0\0\0\0" and head[14:15] != b"" and head[14] in BITMAP_HEADERS
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head[4:8] == b"ftyp":
        return head[8:12] in BRANDS
    return any([head[: len(beginning)] == beginning for beginning in BEGINNINGS])


def system_folder_of(path: str) -> str:
    """
    Return the uppermost folder of a system in a path, as a path; empty if there is none.

    Hidden folders, such as `.Trash-1000`, `.thumbnails` and `.@__thumb`, are among them.

    Args:
        path: Of a file; or of a folder, with a slash at its end.
    """
    parts = path.split("/")
    for index, part in enumerate(parts[:-1]):
        above = parts[index - 1].lower() if index else ""
        if is_system_folder(part.lower(), above):
            return "/".join(parts[: index + 1])
    return ""


def is_system_folder(name: str, above: str) -> bool:
    """Tell whether a folder of a name is a system's; both it and the name of the folder above are in small letters."""
    if above.endswith(LIBRARY_ENDING):
        return name not in LIBRARY_ORIGINALS
    return name.startswith(".") or name in SYSTEM_FOLDERS or name.endswith(SYSTEM_FOLDER_ENDINGS)


def is_hidden(name: str) -> bool:
    """Tell whether a file is hidden, as what a system notes beside a file is."""
    return name.startswith(".")


def ending_of(name: str) -> str:
    """Return what follows the last dot of a file's name, in small letters; empty if there is none."""
    return name.lower().rsplit(".", 1)[1] if "." in name else ""
