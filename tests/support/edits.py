"""The twenty-four ways in which people change a photograph, or save it anew, and would still call it the same."""

import io
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Edit = Callable[[Image.Image], bytes]


def saved(image: Image.Image, kind: str = "JPEG", quality: int = 90, orientation: int = 1) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(out, kind, quality=quality, **({"exif": exif} if orientation != 1 else {}))
    return out.getvalue()


def scaled(image: Image.Image, across: float, down: float) -> Image.Image:
    """Resize by two factors."""
    return image.resize((max(round(image.width * across), 1), max(round(image.height * down), 1)))


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Keep this share of both sides, somewhat above and left of the middle, as people crop."""
    width, height = round(image.width * share), round(image.height * share)
    left, top = round((image.width - width) * 0.4), round((image.height - height) * 0.4)
    return image.crop((left, top, left + width, top + height))


def noisy(image: Image.Image) -> Image.Image:
    """Add grain with a standard deviation of 20."""
    values = np.asarray(image, dtype=np.float64)
    grain = np.random.default_rng(7).normal(0, 20, values.shape)
    return Image.fromarray(np.clip(values + grain, 0, 255).astype(np.uint8))


def with_bars(image: Image.Image) -> Image.Image:
    """Add white bars with words above and below, as on a meme."""
    bar = image.height // 6
    framed = ImageOps.expand(image, (0, bar, 0, bar), "white")
    for y, words in ((bar // 2, "WHEN YOU SEE IT"), (framed.height - bar // 2, "EVERY TIME")):
        written(framed, (framed.width // 2, y), words, bar // 2, "black")
    return framed


def watermarked(image: Image.Image) -> Image.Image:
    """Write half transparent words across the middle."""
    layer = image.copy()
    written(layer, (image.width // 2, image.height // 2), "© SAMPLE", image.width // 6, "white")
    return Image.blend(image, layer, 0.5)


def written(image: Image.Image, middle: tuple[int, int], words: str, size_px: int, fill: str) -> None:
    """Write words around a point."""
    font = ImageFont.load_default(size=max(size_px, 8))
    ImageDraw.Draw(image).text(middle, words, fill=fill, font=font, anchor="mm")


def embedded(image: Image.Image) -> Image.Image:
    """Show the picture on a quarter of another one, as on a page or on a screen."""
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    waves = np.stack([(x // 3 + y // 5) % 256, (y // 4) % 256, 255 - (x // 6) % 256], axis=-1).astype(np.uint8)
    page = Image.fromarray(waves).filter(ImageFilter.GaussianBlur(2))
    page.paste(scaled(image, 0.5, 0.5), (image.width // 4, image.height // 5))
    return page


EDITS: Final[Mapping[str, Edit]] = {
    "jpeg 30": lambda image: saved(image, quality=30),
    "jpeg 10": lambda image: saved(image, quality=10),
    "jpeg 5": lambda image: saved(image, quality=5),
    "webp 40": lambda image: saved(image, "WEBP", 40),
    "png": lambda image: saved(image, "PNG"),
    "half size": lambda image: saved(scaled(image, 0.5, 0.5)),
    "quarter size": lambda image: saved(scaled(image, 0.25, 0.25)),
    "squashed": lambda image: saved(scaled(image, 0.7, 1)),
    "crop 80": lambda image: saved(cropped(image, 0.8)),
    "crop 50": lambda image: saved(cropped(image, 0.5)),
    "crop 25": lambda image: saved(cropped(image, 0.25)),
    "mirrored": lambda image: saved(ImageOps.mirror(image)),
    "turned by 10": lambda image: saved(image.rotate(10, Image.Resampling.BICUBIC, expand=True, fillcolor="white")),
    "turned by 90": lambda image: saved(image.transpose(Image.Transpose.ROTATE_90)),
    "grey": lambda image: saved(image.convert("L").convert("RGB")),
    "brighter": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.4)),
    "more contrast": lambda image: saved(ImageEnhance.Contrast(image).enhance(1.5)),
    "blurred": lambda image: saved(image.filter(ImageFilter.GaussianBlur(max(image.size) / 120))),
    "noisy": lambda image: saved(noisy(image)),
    "meme": lambda image: saved(with_bars(image)),
    "watermark": lambda image: saved(watermarked(image)),
    "border": lambda image: saved(ImageOps.expand(image, max(image.size) // 12, "white")),
    "embedded": lambda image: saved(embedded(image)),
    "EXIF turned": lambda image: saved(image.transpose(Image.Transpose.ROTATE_90), orientation=6),
}
"""Name -> what makes a file of the picture, given upright and in RGB."""
