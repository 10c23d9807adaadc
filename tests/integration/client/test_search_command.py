"""`lookalike search`: a table for people, JSON for programs."""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from frontend.client import Client
from tests.support.servers.lookalike import Server
from tests.support.terminal import lookalike

Drawings = Mapping[str, list[Path]]


@pytest.fixture(autouse=True)
def filled(library: Client, drawings: Drawings, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of two groups; models are kept where the tests keep theirs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    for group in ("dots", "rings"):
        for path in drawings[group][:3]:
            library.add(path, tags=[group])


def test_a_table(server: Server, drawings: Drawings) -> None:
    """Scores, words for them, titles, tags, and links to the page; the best first."""
    found = lookalike("search", str(drawings["dots"][0]), "--server", server.url, "--limit", "3").out.splitlines()

    assert found[0].split() == ["Alike", "Photo", "Tags", "Link"]
    assert found[1].split()[:6] == ["1.00", "Almost", "identical", "dots", "0", "dots"]
    assert len(found) == 4
    link = found[1].split()[-1]
    assert link.startswith(f"{server.url}/?photo=")
    assert httpx.get(link).status_code == 200


def test_json(server: Server, drawings: Drawings) -> None:
    """The API's answer, with whole addresses."""
    arguments = ["--limit", "2", "--tags", "rings", "--filters", '{"size_min": 1}', "--json"]
    found = json.loads(lookalike("search", str(drawings["dots"][0]), "--server", server.url, *arguments).out)

    assert [match["image"]["tags"] for match in found["matches"]] == [["rings"]] * 2
    thumbnail = httpx.get(found["matches"][0]["image"]["thumbnail_url"])
    assert thumbnail.headers["content-type"] == "image/jpeg"


def test_words(server: Server) -> None:
    """What has the words comes first, and it is said why it was found."""
    found = lookalike("search", "--words", "rings 1", "--server", server.url).out.splitlines()

    assert "Has the words" in found[1]
    assert "rings 1" in found[1]


def test_nothing(server: Server) -> None:
    """It is said, and the exit code is 1."""
    assert lookalike("search", "--words", "zebra", "--server", server.url, code=1).out == "Nothing was found.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "A search needs a photo, words, or the id of an image."),
        (["nowhere.jpg"], "nowhere.jpg cannot be read: No such file or directory."),
        (["--words", "a", "--filters", "{"], "The filters are not JSON"),
        (["--words", "a", "--filters", "[]"], "The filters are no JSON object"),
        (["--words", "a", "--filters", '{"colour": "red"}'], "colour"),
        (["--words", "a", "--limit", "0"], "limit"),
    ],
)
def test_what_cannot_be_searched(server: Server, arguments: list[str], sentence: str) -> None:
    """One sentence says why; the exit code is 2."""
    ran = lookalike("search", *arguments, "--server", server.url, code=2)

    assert ran.said.startswith("lookalike: ")
    assert sentence in ran.said
    assert ran.said.count("\n") == 1
