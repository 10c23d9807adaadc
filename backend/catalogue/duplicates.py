"""
The rule by which two images are versions of the same picture: its file saved again, scaled, recoloured, turned.

Two things tell. The cosine similarity of their vectors, and their perceptual hashes: 256 bits, 16 x 16 coefficients of
the discrete cosine transform of the picture in grey, each set where the coefficient is above the median, which is
nearly 0. Therefore the hash of a turned or mirrored picture follows from the bits: mirrored, the odd columns change
their sign; upside down, the odd rows; and swapping the axes of the picture swaps rows and columns.

Two hashes are compared in all 8 ways that a picture can lie. That is for images that are near to each other anyway: in
a large library some pair of hashes is always close by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .values import ImageID, Match, PerceptualHash

# Of 300 photographs edited in 24 ways, either of these finds 79 %, and takes none of those photographed several times
# for one another; a cosine of 0.9187 alone found 42 %. Measured: tests/benchmarks/results/edits.md.
SAME_COSINE = 0.95
SAME_BITS = 40

# How many of the nearest are compared by hash in a search. A guess; 24 to 50 lost nothing.
COMPARED = 50

# A hash has as many rows and columns of bits.
SIDE = 16
BITS = SIDE * SIDE
HASH_BYTES = BITS // 8

Bits = npt.NDArray[np.uint64]
"""(..., 4) uint64: the bits of hashes, each from its first row on, the most significant bit first."""

# Bits of the odd columns, and of the odd rows, in 64 bits, which are four rows.
_ODD_COLUMNS = 0x5555_5555_5555_5555
_ODD_ROWS = 0x0000_FFFF_0000_FFFF
_MIRRORINGS = np.array([0, _ODD_COLUMNS, _ODD_ROWS, _ODD_COLUMNS ^ _ODD_ROWS], dtype=np.uint64)


def are_versions(cosine: float | None, one: PerceptualHash | None, other: PerceptualHash | None) -> bool:
    """
    Say whether two images are versions of the same picture.

    Args:
        cosine: The similarity of their vectors; None if it is not known.
        one: The hash of the first; None if it is not known.
        other: The hash of the second, in the same way.
    """
    bits = BITS if one is None or other is None else distances(to_bits([one]), to_bits([other]))
    return bool(np.all(judged(np.array(-1.0 if cosine is None else cosine), np.array(bits))))


def judged(cosines: npt.NDArray[np.floating], bits: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """
    Say of many pairs of images which are versions of the same picture.

    Args:
        cosines: Similarity of their vectors; -1 where it is not known.
        bits: In how many bits their hashes differ, see `distances`; BITS where a hash is not known.
    """
    return (cosines >= SAME_COSINE) | (bits <= SAME_BITS)


def marked(
    matches: Sequence[Match], cosines: Mapping[ImageID, float], fingerprint: PerceptualHash | None
) -> Sequence[Match]:
    """
    Say of the first COMPARED matches which are versions of the picture that is searched with.

    Args:
        cosines: Similarity of the whole picture to the images found, as far as it is known.
        fingerprint: Its hash; None if it is not known.
    """
    compared = matches[:COMPARED]
    hashes = [match.image.description.perceptual_hash for match in compared]
    bits = np.full(len(compared), BITS)
    known = [place for place, other in enumerate(hashes) if other is not None]
    if fingerprint is not None and known:
        bits[known] = distances(to_bits([fingerprint]), to_bits([other for other in hashes if other is not None]))
    duplicates = judged(np.array([cosines.get(match.image.id, -1.0) for match in compared]), bits)
    first = [replace(match, duplicate=bool(each)) for match, each in zip(compared, duplicates, strict=True)]
    return [*first, *matches[COMPARED:]]


def stacked(matches: Sequence[Match]) -> Sequence[Match]:
    """Say of the first COMPARED matches which are versions of a better one: people want to see one of them."""
    known = [match for match in matches[:COMPARED] if match.image.description.perceptual_hash is not None]
    if len(known) < 2:
        return matches
    bits = to_bits([match.image.description.perceptual_hash or PerceptualHash("") for match in known])
    alike = distances(bits[:, np.newaxis], bits[np.newaxis]) <= SAME_BITS
    firsts: dict[ImageID, ImageID] = {}
    for number, match in enumerate(known):
        first = known[int(alike[number].argmax())].image.id
        if first != match.image.id and first not in firsts:  # Not a version of a version: that may be another picture.
            firsts[match.image.id] = first
    return [replace(match, version_of=firsts.get(match.image.id)) for match in matches]


def distances(ones: Bits, others: Bits) -> npt.NDArray[np.int64]:
    """
    Return in how many bits hashes differ at least, over the 8 ways in which one picture of each pair can lie.

    Args:
        ones: (..., 4), which is broadcast against the others.
        others: (..., 4).
    """
    apart = np.stack([ones ^ others, _transposed(ones) ^ others])
    differing = np.bitwise_count(apart[..., np.newaxis, :] ^ _MIRRORINGS[:, np.newaxis])
    return differing.sum(axis=-1, dtype=np.int64).min(axis=-1).min(axis=0)


def to_bits(hashes: Sequence[PerceptualHash]) -> Bits:
    """Return the bits of N hashes: (N, 4)."""
    return bits_in(bytes.fromhex("".join(hashes)))


def bits_in(packed: bytes) -> Bits:
    """Return the bits of N hashes that are written one after another, 32 bytes each: (N, 4)."""
    return np.frombuffer(packed, dtype=">u8").astype(np.uint64).reshape(-1, BITS // 64)


def _transposed(bits: Bits) -> Bits:
    """Swap rows and columns of each hash."""
    rows = np.unpackbits(bits.astype(">u8").view(np.uint8), axis=-1).reshape(*bits.shape[:-1], SIDE, SIDE)
    packed = np.packbits(rows.swapaxes(-1, -2).reshape(*bits.shape[:-1], BITS), axis=-1)
    return packed.view(">u8").astype(np.uint64)
