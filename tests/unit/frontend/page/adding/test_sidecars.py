"""Which files belong to which photo."""

import pytest

from frontend.page.adding.sidecars import is_sidecar, sidecars_of


def of(photo: str, *paths: str) -> list[str]:
    return sidecars_of(photo, {path.lower(): path for path in paths})


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("Rome/IMG_1.jpg", "Rome/IMG_1.jpg.xmp"),
        ("Rome/IMG_1.JPG", "Rome/IMG_1.xmp"),
        ("IMG_1.jpg", "IMG_1.JPG.XMP"),
        ("Rome/IMG_1.jpg", "Rome/IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.suppl.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1(2).jpg", "IMG_1(2).jpg.json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1-edited(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1-bearbeitet.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("Screenshot_20190704-182205_Messenger_Chat_Group.jpg", "Screenshot_20190704-182205_Messenger_Chat_Grou.json"),
        ("Original_1b4ee6d7-1234-5678-9abc-def012345678_.jpg", "Original_1b4ee6d7-1234-5678-9abc-def012345678_.json"),
        (
            "Original_1b4ee6d7-1234-5678-9abc-def0123456(1).jpg",
            "Original_1b4ee6d7-1234-5678-9abc-def0123456.jp(1).json",
        ),
    ],
)
def test_a_file_that_belongs_to_a_photo(photo: str, beside: str) -> None:
    """Its name follows from the photo's, in whatever case, cut or numbered as Takeout does it."""
    assert is_sidecar(beside)
    assert of(photo, "other.json", beside, "Rome/other.jpg.json") == [beside]


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("Rome/IMG_1.jpg", "Oslo/IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_10.jpg.json"),
        ("IMG_1.jpg", "IMG_1.json"),
        ("IMG_1.jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(3).json"),
        ("IMG_1.jpg", "metadata.json"),
    ],
)
def test_a_file_that_does_not(photo: str, beside: str) -> None:
    """A file of another folder, name or number tells nothing of a photo."""
    assert of(photo, beside) == []


def test_several_files() -> None:
    """XMP comes before Takeout's file; of each kind there is one, the whole name before a cut one."""
    paths = ("IMG_1.jpg.json", "IMG_1.jpg.supplemental-metadata.json", "IMG_1.xmp", "IMG_1.jpg.xmp")
    assert of("IMG_1.jpg", *paths) == ["IMG_1.jpg.xmp", "IMG_1.jpg.json"]


def test_what_is_no_sidecar() -> None:
    """A photo, a video and a file without an ending are none."""
    assert not any(is_sidecar(name) for name in ("IMG_1.jpg", "IMG_1.mp4", "json", "xmp", "IMG_1.json.txt"))
