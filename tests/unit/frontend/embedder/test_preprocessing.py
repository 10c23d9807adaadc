"""Pre-processing under CPython; that Pyodide gives the same bytes is shown end to end."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from frontend.embedder.model_input import RESIZE_RULE, InputSpec, Pixels, golden_input, scale_to_range
from frontend.embedder.preprocessing import (
    END_MISSING,
    MAX_PIXELS,
    THUMBNAIL_SIDE_PX,
    DamagedPicture,
    EmptyFile,
    PictureError,
    Shrinking,
    TooManyPixels,
    UnknownFormat,
    UnreadableKind,
    average_color,
    check_size,
    cut,
    decode,
    flat_and_small,
    flatten,
    make_preview,
    make_thumbnail,
    shrink,
    to_model_input,
)
from tests.support import awkward
from tests.support.drawings import draw, jpeg
from tests.support.shared import AWKWARD, NO_PHOTOGRAPHS

SPEC = InputSpec(224, -1.0, 1.0, RESIZE_RULE)


def pixels_of(data: bytes) -> np.ndarray:
    """Decode, as integers that can be subtracted."""
    return decode(data, 224).pixels.astype(int)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    """Whichever way the camera was held, the picture comes out as the viewer that knows EXIF shows it."""
    stored = np.asarray(Image.open(io.BytesIO(awkward.oriented(1))))
    upright = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.transpose(1, 0, 2),
        6: stored.transpose(1, 0, 2)[:, ::-1],
        7: stored[::-1, ::-1].transpose(1, 0, 2),
        8: stored.transpose(1, 0, 2)[::-1],
    }[orientation]
    picture = decode(awkward.oriented(orientation), 224)
    assert np.array_equal(picture.pixels, upright)
    assert (picture.width, picture.height) == (upright.shape[1], upright.shape[0])


def test_transparency_is_laid_on_white() -> None:
    """Where a picture is see-through it is white; where it is opaque it is itself."""
    opaque = np.asarray(draw("rings", 1)).astype(int)
    faded = pixels_of(awkward.see_through("RGBA"))
    assert np.abs(faded[:, 0] - opaque[:, 0]).max() <= 1
    assert (faded[:, -1] == 255).all()


def test_sixteen_bits_keep_their_range() -> None:
    """A 16-bit ramp from black to white stays a ramp from black to white."""
    ramp = pixels_of(awkward.sixteen_bit())[..., 0]
    assert (ramp.min(), ramp.max()) == (0, 255)
    assert abs(ramp.mean() - 127.5) < 0.5


def test_floating_point_is_scaled_by_its_own_range() -> None:
    """A picture of 32-bit values far outside 0 to 255 uses the whole range."""
    values = pixels_of(awkward.floating_point())
    assert (values.min(), values.max()) == (0, 255)


def test_a_colour_profile_is_followed() -> None:
    """A profile with red and blue in each other's place gives a picture with red and blue changed."""
    plain = pixels_of(awkward.good()["profile_broken.jpg"])
    converted = pixels_of(awkward.good()["profile.jpg"])
    assert np.abs(converted - plain[..., ::-1]).mean() < 4


def test_cmyk_looks_like_the_picture() -> None:
    """CMYK comes back as the RGB that it was made from, but for rounding and JPEG."""
    original = np.asarray(draw("stripes", 1)).astype(int)
    assert np.abs(pixels_of(awkward.good()["cmyk.jpg"]) - original).mean() < 8


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_counts(file_format: str) -> None:
    """An animation is its first frame: stripes, not dots or rings."""
    first = np.asarray(draw("stripes", 0, 120, 90)).astype(int)
    assert np.abs(pixels_of(awkward.animated(file_format)) - first).mean() < 20


def test_pixels_are_bounded_however_large_the_file() -> None:
    """The shorter side comes down to less than four times the model's square, and keeps at least twice of it."""
    picture = decode(jpeg(draw("checks", 2, 2400, 1700)), 224)
    assert (picture.width, picture.height) == (2400, 1700)
    assert 448 <= min(picture.pixels.shape[:2]) < 896


@pytest.mark.parametrize("name", sorted(awkward.good()))
def test_every_good_file_is_read(name: str) -> None:
    """What is read is upright RGB, and a model input and a thumbnail can be made of it."""
    picture = decode(awkward.good()[name], 224)
    assert picture.pixels.dtype == np.uint8 and picture.pixels.shape[2] == 3
    model_input = to_model_input(picture.pixels, SPEC)
    assert (model_input.shape, model_input.dtype) == ((1, 224, 224, 3), np.float32)
    assert model_input.flags.c_contiguous and -1 <= model_input.min() <= model_input.max() <= 1
    thumbnail = Image.open(io.BytesIO(make_thumbnail(picture.pixels).data))
    assert thumbnail.format == "JPEG" and max(thumbnail.size) <= THUMBNAIL_SIDE_PX
    made = make_preview(picture.pixels, 300)
    preview = Image.open(io.BytesIO(made.data))
    assert preview.format == "JPEG" and preview.size == (made.width, made.height)
    assert max(preview.size) == min(max(picture.pixels.shape[:2]), 300)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("empty.jpg", EmptyFile),
        ("text.jpg", UnknownFormat),
        ("page.png", UnreadableKind),
        ("layers.psd", UnreadableKind),
        ("paper.pdf", UnreadableKind),
        ("photos.zip", UnreadableKind),
        ("film.mp4", UnreadableKind),
        ("zstd.tiff", UnreadableKind),
        ("lzma.tiff", UnreadableKind),
        ("webp.tiff", UnreadableKind),
        ("double.tiff", UnreadableKind),
        ("run_length.bmp", UnreadableKind),
        ("no_preview.cr3", UnreadableKind),
        ("quarter.jpg", DamagedPicture),
        ("header_only.jpg", DamagedPicture),
        ("cut.heic", DamagedPicture),
        ("third.bmp", DamagedPicture),
        ("third_of_tiles.heic", DamagedPicture),
        ("cut.webp", DamagedPicture),
        ("cut_deflated.tiff", DamagedPicture),
        ("bomb.png", TooManyPixels),
        ("bomb.webp", TooManyPixels),
        ("bomb.avif", TooManyPixels),
    ],
)
def test_every_bad_file_is_refused(name: str, error: type[PictureError]) -> None:
    """With one sentence that ends in a full stop."""
    with pytest.raises(error, match=r"^[A-Z][^\n]*\.$"):
        decode(awkward.bad()[name], 224)


def test_every_bad_file_is_one_of_those() -> None:
    """No refusal is left out above."""
    for data in awkward.bad().values():
        with pytest.raises(PictureError):
            decode(data, 224)


@pytest.mark.parametrize("name", ["plain.heic", "raw.nef", "raw.cr3", "raw.raf", "raw.rw2", "icon.ico", "cut.png"])
@given(garbage=st.binary(max_size=100), at=st.integers(0, 3000))
def test_any_bytes_in_other_kinds(name: str, garbage: bytes, at: int) -> None:
    """So it is with bytes overwritten in files of the kinds that are taken apart here."""
    whole = awkward.good()[name]
    try:
        decode(whole[:at] + garbage + whole[at + len(garbage) :], 32)
    except PictureError as exc:
        assert str(exc)


@given(st.binary(max_size=400), st.integers(0, 3000))
def test_any_bytes_are_a_picture_or_a_picture_error(garbage: bytes, at: int) -> None:
    """Bytes overwritten anywhere in a file never raise anything else."""
    whole = jpeg(draw("dots", 0, 64, 48))
    try:
        decode(whole[:at] + garbage + whole[at + len(garbage) :], 32)
    except PictureError as exc:
        assert str(exc)


def test_the_pixel_cap_is_inclusive() -> None:
    """Exactly MAX_PIXELS are opened, one more row is not."""
    check_size(2**14, MAX_PIXELS // 2**14)
    with pytest.raises(TooManyPixels, match="at most 134 are opened"):
        check_size(2**14, MAX_PIXELS // 2**14 + 1)


def test_values_that_are_no_numbers() -> None:
    """They are black or white, and the rest keeps its range; a picture of nothing else is damaged."""
    values = pixels_of(awkward.not_a_number())[..., 0]
    assert (values[15, 15], values[35, 35], values[0, 0], values[-1, -1]) == (0, 255, 0, 255)
    nothing = np.full((8, 8), np.nan, dtype=np.float32)
    with pytest.raises(DamagedPicture, match="none of its values is a number"):
        decode(awkward.encoded(Image.fromarray(nothing), "TIFF"), 224)


@pytest.mark.parametrize("size", [(1300, 1000), (1000, 2777), (700, 300)])
def test_a_picture_in_strips(size: tuple[int, int]) -> None:
    """Strips of a picture, the last of which may be lower, give to the last bit what the whole would."""
    width, height = size
    whole = Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 4), dtype=np.uint8))
    shrinking = Shrinking(size, 224)
    assert shrinking.rows < height
    for top in range(0, height, shrinking.rows):
        shrinking.add(whole.crop((0, top, width, min(top + shrinking.rows, height))))
    assert np.array_equal(np.asarray(shrinking.done()), np.asarray(shrink(flatten(whole, 224), 224)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"])
@pytest.mark.parametrize("seen_through", [False, True])
def test_modes_in_strips(mode: str, seen_through: bool) -> None:
    """Pictures of all modes end as they would as a whole, whichever are flattened strip by strip."""
    coloured = Image.fromarray(np.random.default_rng(2).integers(0, 256, (1303, 700, 3), dtype=np.uint8))
    grey = np.asarray(coloured.convert("L"))
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 250)
    elif mode in ("LA", "PA"):
        image = coloured.convert("LA").convert(mode)
    else:
        image = coloured.convert("L" if mode == "F" else "RGB").convert(mode) if mode != "LAB" else in_lab(coloured)
    if seen_through and mode in ("L", "P", "RGB", "I;16"):
        image.info["transparency"] = (1, 2, 3) if mode == "RGB" else 3
    small = flat_and_small(image, 200)
    whole = shrink(flatten(image, 200), 200)
    assert small.mode == whole.mode
    assert np.array_equal(np.asarray(small), np.asarray(whole))


def in_lab(image: Image.Image) -> Image.Image:
    made = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")),
        outputMode="LAB",
    )
    assert made
    return made


def test_the_value_range_is_that_of_the_manifest() -> None:
    """0 and 255 become the ends of the range that the model was trained on."""
    ends = np.zeros((8, 8, 3), dtype=np.uint8)
    ends[4:] = 255
    model_input = to_model_input(Pixels(ends), InputSpec(8, 0.0, 1.0, RESIZE_RULE))
    assert (model_input[0, 0].min(), model_input[0, -1].max()) == (0.0, 1.0)


def test_an_unknown_resize_rule_is_refused() -> None:
    """Vectors made by another rule would not compare."""
    with pytest.raises(ValueError, match=r"input\.resize: 'crop' is not known here"):
        InputSpec(224, -1.0, 1.0, "crop")


def test_the_golden_input_is_the_same_everywhere() -> None:
    """Its pixels are fixed: a manifest's golden vector belongs to just these."""
    waves = golden_input("waves", 4)
    assert waves[0].tolist() == [[255, 255, 255], [252, 253, 248], [249, 251, 241], [246, 249, 234]]
    with pytest.raises(ValueError, match=r"golden\.input: 'noise' is not known here"):
        golden_input("noise", 4)


def test_the_golden_input_needs_no_resizing() -> None:
    """It has the model's size, so it becomes the same input where there is no Pillow."""
    waves = golden_input("waves", 224)
    assert np.array_equal(scale_to_range(waves, SPEC), to_model_input(waves, SPEC))


@pytest.mark.skipif(not AWKWARD.is_file(), reason=NO_PHOTOGRAPHS)
def test_awkward_photographs() -> None:
    """Each awkward file from the wild is read at its size or refused, as its list expects."""
    with AWKWARD.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = {row["file"]: (row["expected"], got) for row in rows if (got := outcome(row)) and not fits(row, got)}
    assert wrong == {}


def outcome(row: dict[str, str]) -> str:
    """Return what pre-processing makes of a file of the list: 'ok WxH' or 'error'."""
    data = Path(AWKWARD.parent / row["file"]).read_bytes()
    try:
        picture = decode(data, 224)
    except PictureError:
        return "error"
    return f"ok {picture.width}x{picture.height}"


def fits(row: dict[str, str], got: str) -> bool:
    """Tell whether the list allows an outcome. AVIF is left to the browser, and tested there."""
    return got in row["expected"] or (got == "error" and row["file"].endswith(".avif"))


def test_a_part_is_cut_out() -> None:
    """Whole pixels of the part, and at least one where it is thinner than that or ends at the border."""
    pixels = Pixels(np.arange(20 * 10 * 3, dtype=np.uint8).reshape(10, 20, 3))
    assert np.array_equal(cut(pixels, 0.25, 0.5, 0.5, 0.3), pixels[5:8, 5:15])
    assert np.array_equal(cut(pixels, 0, 0, 1, 1), pixels)
    assert np.array_equal(cut(pixels, 1, 1, 0.001, 0.001), pixels[9:, 19:])


@pytest.mark.parametrize("side_px", [1, 2, 3, 8, 16, 63])
def test_a_tiny_picture_keeps_its_colours(side_px: int) -> None:
    """Each pixel of an icon's thumbnail has the colour it had, whatever its neighbours have."""
    pixels = decode(awkward.icon(side_px), 224).pixels
    shown = np.asarray(Image.open(io.BytesIO(make_thumbnail(pixels).data))).astype(int)
    assert np.abs(shown - pixels).max() < 20


def test_a_tiny_grey_picture_stays_grey() -> None:
    """A thumbnail of greys has no tint."""
    pixels = decode(awkward.encoded(Image.linear_gradient("L").resize((16, 12)), "PNG"), 224).pixels
    shown = np.asarray(Image.open(io.BytesIO(make_thumbnail(pixels).data))).astype(int)
    assert np.ptp(shown, axis=2).max() <= 1 and np.abs(shown - pixels).max() < 8


def test_a_narrow_thumbnail_keeps_its_colours() -> None:
    """Lines of a picture that is only a few pixels high do not run into each other."""
    stripes = np.zeros((12, 300, 3), dtype=np.uint8)
    stripes[::2], stripes[1::2] = (255, 0, 0), (0, 0, 255)
    shown = np.asarray(Image.open(io.BytesIO(make_thumbnail(Pixels(stripes)).data))).astype(int)
    assert np.abs(shown - stripes).max() < 20


@pytest.mark.parametrize(
    ("colours", "mean"),
    [
        (["#4f46e5"], "#4f46e5"),
        (["black", "white"], "#bcbcbc"),  # Half the light is not half of 255.
        (["red", "blue"], "#bc00bc"),
        (["#000", "#010101"], "#000000"),
    ],
)
def test_the_average_colour(colours: list[str], mean: str) -> None:
    """It is what the colours look like from so far away that they become one."""
    image = Image.new("RGB", (40, 10 * len(colours)))
    for index, colour in enumerate(colours):
        image.paste(colour, (0, 10 * index, 40, 10 * index + 10))
    pixels = Pixels(np.asarray(image))
    assert average_color(pixels) == make_thumbnail(pixels).color == mean


def test_a_preview_shows_a_large_photograph_sharply() -> None:
    """Opened in detail, a large photo has a preview of the full size, which keeps lines that a thumbnail loses."""
    lines = np.full((1500, 2000, 3), 255, dtype=np.uint8)
    lines[::4] = lines[1::4] = 0
    picture = decode(awkward.encoded(Image.fromarray(lines), "PNG"), 3 * 224)
    made = make_preview(picture.pixels, 2048)
    assert (made.width, made.height) == (2000, 1500)


@pytest.mark.parametrize("name", ["orientation_6.jpg", "orientation_6.webp"])
def test_a_preview_is_upright(name: str) -> None:
    """A browser may not heed what a camera noted; the preview needs none of it."""
    picture = decode(awkward.good()[name], 224)
    made = make_preview(picture.pixels, 2048)
    shown = Image.open(io.BytesIO(made.data))
    assert (made.width, made.height) == (picture.width, picture.height) == shown.size
    assert not shown.getexif()
    assert np.abs(np.asarray(shown).astype(int) - picture.pixels).mean() < 16


@pytest.mark.parametrize("depth", ["2_bit", "4_bit", "8_bit", "16_bit", "colour", "16_bit_colour"])
def test_a_colour_declared_as_transparent(depth: str) -> None:
    """It becomes white in a PNG of any depth, and the other stays black."""
    pixels = pixels_of(awkward.good()[f"transparent_{depth}.png"])
    assert pixels[:, :16].min() == 255 and pixels[:, 16:].max() == 0


@pytest.mark.parametrize(
    "name", ["no_end.jpg", "cut.jpg", "cut_progressive.jpg", "cut.png", "cut.bmp", "cut.gif", "cut.tiff"]
)
def test_a_picture_without_its_end(name: str) -> None:
    """What is there is taken, with a note; it looks like the whole picture but for its last rows."""
    kind = name.rpartition(".")[2]
    whole = {"jpg": "JPEG", "png": "PNG", "bmp": "BMP", "gif": "GIF", "tiff": "TIFF"}[kind]
    drawn = draw("rings", 2) if "progressive" in name else draw("stripes", 0) if kind == "jpg" else draw("dots", 1)
    picture = decode(awkward.good()[name], 224)
    there = np.asarray(Image.open(io.BytesIO(awkward.encoded(drawn, whole))).convert("RGB")).astype(int)
    rows = slice(40, None) if kind == "bmp" else slice(0, 200)  # Which begins at the bottom.
    assert picture.note == END_MISSING
    assert np.abs(picture.pixels[rows].astype(int) - there[rows]).mean() < 12
    assert decode(awkward.encoded(drawn, whole), 224).note == ""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_what_is_missing_is_grey(kind: str) -> None:
    """The rows that are not there have the grey that browsers show."""
    noisy = awkward.encoded(Image.fromarray(awkward.noise(320, 240)), kind)
    pixels = decode(noisy[: len(noisy) * 7 // 10], 224).pixels
    missing = pixels[:40] if kind == "BMP" else pixels[-40:]
    assert (missing == 128).all()


def test_tiles_that_are_missing_are_grey() -> None:
    """Of an HEIC that lacks its end the tiles that are there are shown, with a note; the others are grey, not green."""
    picture, whole = (decode(awkward.good()[name], 224) for name in ("cut_tiles.heic", "tiles.heic"))
    assert (picture.note, whole.note) == (END_MISSING, "")
    assert np.array_equal(picture.pixels[:256], whole.pixels[:256])
    assert (picture.pixels[-30:, -170:] == 128).all()


def test_lab_looks_like_the_picture() -> None:
    """A TIFF in the colours of Lab comes back as the RGB that it was made from."""
    assert np.abs(pixels_of(awkward.good()["lab.tiff"]) - np.asarray(draw("rings", 2)).astype(int)).mean() < 3


@pytest.mark.parametrize("name", ["icon.ico", "cursor.cur"])
def test_the_best_picture_of_an_icon(name: str) -> None:
    """Of two of one size that of more colours counts, with its shades of transparency laid on white."""
    pixels = pixels_of(awkward.good()[name])
    assert pixels.shape == (32, 32, 3)
    assert pixels[16, 0].tolist() == [255, 255, 255] and pixels[16, 31].tolist() == [255, 7, 7]
