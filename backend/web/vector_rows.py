"""The wire format of many vectors: rows of fixed length, which a client reads as an array without a parser."""

from collections.abc import AsyncIterator, Sequence

import numpy as np
import numpy.typing as npt

from backend.catalogue.service import VectorRows
from backend.catalogue.values import ImageID

MEDIA_TYPE = "application/octet-stream"

DESCRIPTION = (
    "A row for each image, in random but steady order: the 16 bytes of its id, then its vector as little-endian float16"
)


async def stream(pieces: AsyncIterator[VectorRows]) -> AsyncIterator[bytes]:
    """Write vectors as rows, a piece at a time."""
    async for image_ids, vectors in pieces:
        yield rows(image_ids, vectors)


def rows(image_ids: Sequence[ImageID], vectors: npt.NDArray[np.float16]) -> bytes:
    """
    Write N vectors as rows.

    Args:
        vectors: (N, D) float16.

    Returns:
        N times 16 + 2 D bytes.
    """
    ids = np.frombuffer(bytes.fromhex("".join(image_ids)), dtype=np.uint8).reshape(len(image_ids), -1)
    values = np.ascontiguousarray(vectors, dtype="<f2").view(np.uint8)
    return np.hstack([ids, values]).tobytes() if len(image_ids) else b""
