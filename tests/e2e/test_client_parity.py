"""A picture that the page has added is the same to the client: vector, hash, colour, facts and thumbnail."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from frontend.client.pictures import PictureReader
from tests.support import awkward, camera
from tests.support.drawings import draw
from tests.support.page import Visit
from tests.support.parity import LEAST_COSINE, bundled_reader, kept_by, made_by_client
from tests.support.servers.lookalike import Server
from tests.support.shared import NO_PHOTOGRAPHS, labelled

# Every so manieth of the labelled photographs; -m thorough takes all.
STRIDE = 25


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    return bundled_reader()


def test_pictures_of_all_kinds(visit: Visit, server: Server, reader: PictureReader, tmp_path: Path) -> None:
    """JPEG, PNG, WebP, HEIC, RAW and the rest, upright or not, and what a camera wrote."""
    files = {
        **awkward.good(),
        "camera.jpg": camera.photo(draw("rings", 5), shot=camera.time_tags("2019:07:04 18:22:05")),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    compare(visit, server, reader, [tmp_path / name for name in files])


@pytest.mark.skipif(not labelled(), reason=NO_PHOTOGRAPHS)
def test_photographs(visit: Visit, server: Server, reader: PictureReader) -> None:
    """Some of the labelled ones."""
    compare(visit, server, reader, [photograph.path for photograph in labelled()[::STRIDE]])


@pytest.mark.thorough
@pytest.mark.skipif(not labelled(), reason=NO_PHOTOGRAPHS)
def test_all_photographs(visit: Visit, server: Server, reader: PictureReader) -> None:
    """All of the labelled ones."""
    compare(visit, server, reader, [photograph.path for photograph in labelled()])


def compare(visit: Visit, server: Server, reader: PictureReader, paths: Sequence[Path]) -> None:
    """Add files by the page, and prepare them by the client."""
    visit.open().ready().add(paths)
    made, kept = made_by_client(reader, paths), kept_by(server, paths)
    for path in paths:
        assert kept[path].told == made[path].told, path.name
        assert kept[path].thumbnail == made[path].thumbnail, path.name
        assert kept[path].cosine(made[path]) >= LEAST_COSINE, path.name
