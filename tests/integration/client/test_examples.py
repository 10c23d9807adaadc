"""The programs in frontend/client/README.md do what stands there."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.servers.lookalike import Server

PROGRAMS = re.findall(
    r"```python\n(.*?)```", (ROOT / "frontend/client/README.md").read_text(encoding="utf-8"), re.DOTALL
)

# The server of the examples.
EXAMPLE = "http://127.0.0.1:8000"


def test_the_examples(
    server: Server,
    cache: Path,
    drawings: Mapping[str, list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A photo is added with its data, found by another one, and listed; matches come with score and attributes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "found").mkdir()
    for name, path in zip(("beach.jpg", "dog.jpg"), drawings["dots"], strict=False):
        shutil.copyfile(path, name)

    said = []
    for program in PROGRAMS:
        exec(program.replace(EXAMPLE, server.url), {})
        said.append(capsys.readouterr().out)

    with server.api() as api:
        (image,) = api.get("/images").json()["images"]
    added, found = said[0].splitlines()
    assert added == f"{image['id']} is new"
    assert re.fullmatch(r"0\.\d+ At the sea \{'price': 59\.9\}", found)
    assert said[1] == "1\nAt the sea\n"
    assert (image["title"], image["tags"]) == ("At the sea", ["holiday"])
