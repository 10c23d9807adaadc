"""Whether a file ends before what it says of itself does, for kinds whose readers do not say so."""

from collections.abc import Iterator


def lacks_end(data: bytes) -> bool:
    """Tell whether the last bytes of a file are missing; False for kinds that do not tell, too."""
    if data[:4] == b"RIFF":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")  # RFC 9649, 2.4: File Size.
    if data[4:8] == b"ftyp":
        return any(end > len(data) for end in ends_of_boxes(data))
    if data[:4] in (b"II*\0", b"MM\0*"):
        # TIFF 6.0, section 2: the directory, which many programs put last.
        return len(data) < int.from_bytes(data[4:8], "little" if data[:1] == b"I" else "big") + 2
    return False


def ends_of_boxes(data: bytes) -> Iterator[int]:
    """Yield where each box of an ISO base media file ends. Source: ISO/IEC 14496-12, 4.2."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        if size < 8:  # A last box may leave its size open.
            return
        at += size
        yield at
