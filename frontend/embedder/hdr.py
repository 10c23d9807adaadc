"""
Pictures of a high dynamic range (HDR), which common screens cannot show, as pictures in sRGB.

What they declare is the curve by which their values stand for light: PQ, or HLG. Taken for sRGB they look grey.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from frontend.embedder.heif import PRIMARIES

# Curves of HDR, as transfer characteristics are numbered. Source: ITU-T H.273, table 3.
PQ: Final = 16
HLG: Final = 18

# The light of white paper and of a person's face in its sun; what is brighter shines. Source: ITU-R BT.2408, 2.
WHITE_NITS: Final = 203

# Of the screen that HLG is made for, and the exponent of its system there. Source: ITU-R BT.2100, table 5.
HLG_NITS: Final = 1000
HLG_GAMMA: Final = 1.2

# Up to this part of what a common screen shows, light stays as it is. What is above is pressed into the rest, so that
# clouds keep their shapes; white comes out at 93 % of the scale. A guess at a bargain.
KNEE: Final = 0.7

# Steps of white between which light is not told apart: those of sRGB near black are five times as wide.
STEPS: Final = 2**14

# The brightest light that either curve has, in whites: that of PQ.
BRIGHTEST: Final = 10000 / WHITE_NITS


def is_hdr(declared: Mapping[str, Any]) -> bool:
    """Tell whether what a picture declares by numbers is a curve of HDR."""
    return int(declared.get("transfer_characteristics", 0)) in (PQ, HLG)


def tone_mapped(image: Image.Image, declared: Mapping[str, Any]) -> Image.Image:
    """
    Bring an RGB picture of HDR to sRGB: the same light up to nearly white, and what shines more, softly, above it.

    Everything is looked up in tables or added: the last digits of powers differ from one machine to another.
    """
    light = light_of(np.asarray(image), int(declared["transfer_characteristics"]))
    if int(declared.get("color_primaries", 0)) in PRIMARIES:
        light = in_primaries_of_srgb(light, PRIMARIES[int(declared["color_primaries"])])
    light = np.clip(light, 0, BRIGHTEST)
    # By the brightest of the three, so that no colour turns into another.
    brightest = light.max(axis=2)
    share = PRESSED[np.rint(brightest * (len(PRESSED) - 1) / BRIGHTEST).astype(np.int32)]
    degrees = np.rint(light * share[..., None] * STEPS).astype(np.int32)
    return Image.fromarray(SRGB[np.minimum(degrees, STEPS)])


def light_of(values: npt.NDArray[np.uint8], curve: int) -> npt.NDArray[np.float64]:
    """Return the light that values of PQ or HLG stand for, in whites: (H, W, 3) float64. Source: ITU-R BT.2100."""
    signal = np.arange(256) / 255
    if curve == PQ:
        root = signal ** (32 / 2523)
        light = (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305) * 10000
        return rounded(light / WHITE_NITS)[values]
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = rounded(np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12))[values]
    luminance = 0.2627 * scene[..., 0] + 0.6780 * scene[..., 1] + 0.0593 * scene[..., 2]
    gain = rounded(np.linspace(0, 1, STEPS + 1) ** (HLG_GAMMA - 1))
    return scene * gain[np.rint(np.clip(luminance, 0, 1) * STEPS).astype(np.int32)][..., None] * (HLG_NITS / WHITE_NITS)


def in_primaries_of_srgb(
    light: npt.NDArray[np.float64], primaries: Mapping[bytes, tuple[float, float, float]]
) -> npt.NDArray[np.float64]:
    """Express light of other primaries by those of sRGB; what these cannot is negative."""
    matrix = np.linalg.solve(SRGB_TO_XYZ, np.array([primaries[name] for name in (b"rXYZ", b"gXYZ", b"bXYZ")]).T)
    matrix = rounded(matrix)
    return np.stack([sum(row[at] * light[..., at] for at in range(3)) for row in matrix], axis=2)


def rounded(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round to what every machine computes alike."""
    return np.round(values, 9)


# sRGB under D50. Source: as those of PRIMARIES.
SRGB_TO_XYZ: Final = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def pressed() -> npt.NDArray[np.float64]:
    """Return by what light from none to BRIGHTEST is multiplied, so that it is shown by what a common screen has."""
    light = np.linspace(0, BRIGHTEST, STEPS + 1)[1:]
    above = np.maximum(light - KNEE, 0) / (1 - KNEE)
    shown = np.minimum(light, KNEE) + (1 - KNEE) * above / (1 + above)
    return rounded(np.concatenate([[1.0], shown / light]))


PRESSED: Final = pressed()


def srgb_of_light() -> npt.NDArray[np.uint8]:
    """Return the value of sRGB of each of STEPS + 1 degrees of light. Source: IEC 61966-2-1."""
    light = np.linspace(0, 1, STEPS + 1)
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(rounded(values) * 255).astype(np.uint8)


SRGB: Final = srgb_of_light()
