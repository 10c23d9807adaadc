"""Which files in folders are people's pictures."""

import os
import sys
from pathlib import Path

import pytest

from frontend.client.importing.folders import find, look_again
from tests.support.drawings import draw, jpeg


@pytest.fixture
def picture() -> bytes:
    return jpeg(draw("dots", 0, 32, 24))


def write(folder: Path, *names: str, data: bytes = b"") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_a_folder(tmp_path: Path, picture: bytes) -> None:
    """Pictures are taken by name or by their first bytes, in order; all else is told, systems' folders once."""
    write(tmp_path, "b/2.HEIC", "a.jpg", "b/without_ending", "b/c/3.png", data=picture)
    write(tmp_path, "notes.txt", "b/film.mp4", ".hidden.jpg", "b/unknown", data=b"text")
    write(tmp_path, "b/@eaDir/a.jpg", "b/@eaDir/b.jpg", ".thumbnails/1.jpg", "#recycle/old.jpg", data=picture)

    found = find([tmp_path])

    assert [file.relative for file in found.files] == ["a.jpg", "b/2.HEIC", "b/without_ending", "b/c/3.png"]
    assert [file.folders for file in found.files] == [[], ["b"], ["b"], ["b", "c"]]
    assert sorted(found.left_out) == [
        "#recycle/",
        ".hidden.jpg",
        ".thumbnails/",
        "b/@eaDir/",
        "b/film.mp4",
        "b/unknown",
        "notes.txt",
    ]


def test_notes_beside_pictures(tmp_path: Path, picture: bytes) -> None:
    """XMP and Takeout's JSON go with their pictures; those without one are told."""
    write(tmp_path, "x/1.jpg", "x/2.jpg", data=picture)
    write(tmp_path, "x/1.jpg.xmp", "x/2.jpg.supplemental-metadata.json", "x/3.jpg.json")

    found = find([tmp_path])

    assert [[path.name for path in file.beside] for file in found.files] == [
        ["1.jpg.xmp"],
        ["2.jpg.supplemental-metadata.json"],
    ]
    assert found.left_out == ["x/3.jpg.json"]


def test_files_that_are_named(tmp_path: Path) -> None:
    """They are taken, whatever they are: whoever names a file is told why it cannot be used."""
    write(tmp_path, "odd.txt", data=b"text")

    assert [file.relative for file in find([tmp_path / "odd.txt"]).files] == ["odd.txt"]


def test_a_link_that_leads_in_a_circle(tmp_path: Path, picture: bytes) -> None:
    """It is not followed."""
    write(tmp_path, "a/1.jpg", data=picture)
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")

    assert [file.relative for file in find([tmp_path]).files] == ["a/1.jpg"]


@pytest.mark.skipif(sys.platform == "darwin", reason="NOT TESTED: this file system has no such names")
def test_a_name_that_is_not_utf8(tmp_path: Path, picture: bytes) -> None:
    """The file is found, and its name can be sent."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))
    path.write_bytes(picture)

    (file,) = find([tmp_path]).files

    assert file.path.read_bytes() == picture
    assert file.name == "caf�.jpg"
    assert file.name.encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="NOT TESTED: nothing is forbidden to root")
def test_a_folder_that_cannot_be_read(tmp_path: Path, picture: bytes) -> None:
    """It is told, and the others are looked into."""
    write(tmp_path, "a/1.jpg", "b/2.jpg", data=picture)
    (tmp_path / "a").chmod(0)
    try:
        found = find([tmp_path])
    finally:
        (tmp_path / "a").chmod(0o700)

    assert [file.relative for file in found.files] == ["b/2.jpg"]
    assert found.left_out == [str(tmp_path / "a")]


def test_a_file_that_appears(tmp_path: Path, picture: bytes) -> None:
    """It is judged as the rest of its folder was."""
    write(tmp_path, "x/1.jpg", "@eaDir/1.jpg", data=picture)
    write(tmp_path, "x/1.jpg.xmp", "x/2.txt", "x/.1.jpg.part")

    appeared = look_again(tmp_path / "x/1.jpg", tmp_path)

    assert appeared is not None
    assert (appeared.relative, [path.name for path in appeared.beside]) == ("x/1.jpg", ["1.jpg.xmp"])
    others = ["@eaDir/1.jpg", "x/1.jpg.xmp", "x/2.txt", "x/.1.jpg.part"]
    assert [look_again(tmp_path / name, tmp_path) for name in others] == [None] * 4
