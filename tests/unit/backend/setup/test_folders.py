"""Folders and files appear whole or not at all."""

import threading
import time
from pathlib import Path

import pytest

from backend.setup.errors import SetupError
from backend.setup.folders import only_one, publish, remove_all_but, replace_file


def fill(folder: Path) -> None:
    (folder / "file").write_text("whole")


def test_folder_that_fails(tmp_path: Path) -> None:
    """An error while it is filled leaves no folder, and the next try starts with an empty one."""

    def fail(folder: Path) -> None:
        (folder / "rest").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        publish(tmp_path / "folder", tmp_path / "workshop", fail)
    assert not (tmp_path / "folder").exists()

    publish(tmp_path / "folder", tmp_path / "workshop", fill)

    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]


def test_folder_that_exists(tmp_path: Path) -> None:
    """A folder that is there is not filled again."""
    publish(tmp_path / "folder", tmp_path / "workshop", fill)

    publish(tmp_path / "folder", tmp_path / "workshop", lambda folder: pytest.fail("filled again"))


def test_two_at_once(tmp_path: Path) -> None:
    """The second waits for the first and then finds the work done."""
    fillings: list[Path] = []

    def fill_slowly(folder: Path) -> None:
        fillings.append(folder)
        time.sleep(0.05)
        fill(folder)

    both = [
        threading.Thread(target=publish, args=(tmp_path / "folder", tmp_path / "workshop", fill_slowly))
        for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert len(fillings) == 1


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """What the system refuses is an error that names the place and the reason."""
    (tmp_path / "file").write_text("in the way")
    inside = tmp_path / "file" / "workshop"

    with pytest.raises(SetupError, match=f"The set-up stopped at {inside}: Not a directory"), only_one(inside):
        pass


def test_replaced_file(tmp_path: Path) -> None:
    """The new content takes the old one's place, and no other file is left."""
    replace_file(tmp_path / "index.html", b"old")
    replace_file(tmp_path / "index.html", b"new")

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"index.html": b"new"}


def test_remove_all_but(tmp_path: Path) -> None:
    """What is not named goes, whether file or folder."""
    for name in ("keep", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "stray").write_text("file")

    remove_all_but(tmp_path, {"keep"})

    assert [path.name for path in tmp_path.iterdir()] == ["keep"]
