"""
How a WebP file says that its picture lies on its side: browsers that turn a JPEG upright leave a WebP as it is.

Pure, so that it is tested without a browser. Sources: the WebP container specification (RFC 9649), Exif 2.32 (4.6.4).
"""

# The first bytes of a file with chunks: RIFF, its size, WEBP; then chunks, each a name, a size and, padded, its bytes.
HEADER_BYTES = 12

CHUNK_HEAD_BYTES = 8

# How many bytes of a chunk of EXIF data are enough: the orientation is in the first directory.
ENOUGH_BYTES = 2048

ORIENTATION = 0x0112

# How a picture lies that says nothing of it.
UPRIGHT = 1


def chunk(head: bytes) -> tuple:
    """Read the head of a chunk; returns its name, and its size in bytes without padding."""
    return bytes(head[:4]), int.from_bytes(head[4:8], "little")


def orientation(exif: bytes) -> int:
    """Return the orientation in EXIF data, 1 to 8; UPRIGHT if there is none, or none that makes sense."""
    if exif[:6] == b"Exif\0\0":  # As in a JPEG; some programs write it here, too.
        exif = exif[6:]
    mark = bytes(exif[:2])
    if mark not in (b"II", b"MM"):
        return UPRIGHT

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], "little" if mark == b"II" else "big")

    first = number(4, 4)
    for entry in range(number(first, 2)):
        at = first + 2 + 12 * entry
        if at + 12 > len(exif):
            return UPRIGHT
        if number(at, 2) == ORIENTATION:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
