"""The same photograph is the same in every browser: vector, perceptual hash, thumbnail, labels, to the bit."""

from pathlib import Path

import pytest

from tests.support.engine_visit import EngineVisit
from tests.support.page import Visit
from tests.support.parity import (
    DECODED_BY_BROWSER,
    LEAST_COSINE,
    LEAST_COSINE_OF_THESE,
    bundled_reader,
    kept_by,
    made_by_client,
    twenty,
)
from tests.support.servers.lookalike import Server

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return twenty(tmp_path_factory.mktemp("twenty"))


def test_twenty_pictures(
    tab: EngineVisit, engine_server: Server, visit: Visit, server: Server, pictures: list[Path]
) -> None:
    """JPEG, PNG, WebP and HEIC are the same bits as in Chromium; the client's vectors differ by their last bit."""
    tab.add(pictures)
    visit.open().ready().add(pictures)
    here, chromium = kept_by(engine_server, pictures), kept_by(server, pictures)
    client = made_by_client(bundled_reader(), pictures)
    ours = [path for path in pictures if path.suffix[1:] not in DECODED_BY_BROWSER]
    assert {path.name: here[path].differences(chromium[path]) for path in ours} == {path.name: [] for path in ours}
    for path in ours:
        assert here[path].told == client[path].told, path.name
        assert here[path].thumbnail == client[path].thumbnail, path.name
        assert here[path].cosine(client[path]) >= LEAST_COSINE, path.name
    for path in set(pictures) - set(ours):
        for other in (chromium[path], client[path]):
            assert here[path].cosine(other) >= LEAST_COSINE_OF_THESE, here[path].differences(other)
