"""TF.js back ends are chosen by trying them: right first, then quick."""

import base64
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.support.drawings import draw, jpeg
from tests.support.page import Visit
from tests.support.servers.lookalike import running_server


def trials(visit: Visit) -> dict[str, dict[str, Any]]:
    """Ask the worker what trying the back ends showed."""
    return {trial["backend"]: trial for trial in visit.embedder()["trials"]}


def all_trials(visit: Visit) -> dict[str, dict[str, Any]]:
    """Wait until every back end has been tried, the one that needs a graphics adapter last."""
    expect(visit.page.locator("#engine")).to_have_attribute("data-tried", "all")
    return trials(visit)


# Lets WebGL be tried where it is drawn by software, as it is in tests.
ANY_RENDERER = {"SOFTWARE_RENDERERS: Final = (": "SOFTWARE_RENDERERS = () and ("}


def change_source(visit: Visit, changes: Mapping[str, str]) -> None:
    """Let the browser get another mobilenet.py than the server has."""

    def fulfill(route: Route) -> None:
        source = route.fetch().text()
        for old, new in changes.items():
            assert old in source
            source = source.replace(old, new)
        route.fulfill(body=source)

    visit.page.route("**/embedder/mobilenet.py", fulfill)


def test_wasm_passes_the_golden_test_and_is_used(visit: Visit) -> None:
    """WASM agrees with the numpy reference; what has no hardware behind it here is passed over, with the reason."""
    visit.open().ready()
    tried = all_trials(visit)
    assert visit.embedder()["backend"] == "wasm"
    assert tried["wasm"]["usable"] and tried["wasm"]["cosine"] > 0.9999
    assert all(trial["reason"] for trial in tried.values())


def test_the_plain_back_end_stands_in_where_wasm_fails(
    context: BrowserContext, drawn_model: Path, tmp_path: Path
) -> None:
    """Without a working WASM back end TF.js' own JavaScript does the job, more slowly and just as right."""
    path = tmp_path / "dots.jpg"
    path.write_bytes(jpeg(draw("dots", 0)))
    with running_server(tmp_path / "data", str(drawn_model)) as server, context.new_page() as page:
        page.route("**/tf-backend-wasm.min.js", lambda route: route.fulfill(body="throw new Error('broken')"))
        visit = Visit(page, server.url).open().ready()
        assert visit.embedder()["backend"] == "cpu"
        assert not trials(visit)["wasm"]["usable"]
        visit.add([path])
        assert visit.outcome(path.name).startswith("decoded ")
    assert visit.complaints == []


@pytest.mark.new_tab
def test_graphics_drawn_by_software_are_measured_and_not_used(visit: Visit) -> None:
    """Told to try whatever there is, the embedder measures WebGL on a software renderer, and keeps WASM."""

    change_source(visit, ANY_RENDERER)
    visit.open().ready()
    tried = all_trials(visit)
    assert tried["webgl"]["cosine"] > 0.999, tried
    assert tried["webgl"]["usable"] and tried["webgl"]["run_ms"] > tried["wasm"]["run_ms"]
    assert tried["webgpu"]["reason"]


@pytest.mark.new_tab
def test_no_picture_runs_on_a_back_end_that_is_being_tried(visit: Visit, tmp_path: Path) -> None:
    """A file that comes while WebGL loads its model waits, and is embedded on the back end that is chosen then."""
    run = "            return await self._run(self._model, model_input, with_maps)"
    change_source(visit, {**ANY_RENDERER, run: f"            print('embedded on', js.tf.getBackend())\n{run}"})
    embedded: list[str] = []
    visit.page.on("console", lambda message: embedded.append(message.text) if "embedded on" in message.text else None)
    asked: list[Route] = []
    # The page fetches the model ahead, then WASM reads it, then WebGL: the third is made to wait.
    visit.page.route("**/model.json", lambda route: asked.append(route) or (len(asked) < 3 and route.continue_()))
    visit.open().ready()
    path = tmp_path / "dots.jpg"
    path.write_bytes(jpeg(draw("dots", 0)))
    visit.page.set_input_files("#add-files", path)
    expect(visit.page.locator(".upload .stage")).to_have_text("uploading")
    visit.until(lambda: len(asked) >= 3)
    asked[2].continue_()
    expect(visit.page.locator(".upload.over")).to_have_count(1)
    assert embedded == ["embedded on wasm"]
    assert all_trials(visit)["webgl"]["cosine"] > 0.999


def test_a_back_end_that_is_off_is_not_used(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """When the vectors are not those of the golden test, pictures are neither searched nor added."""
    folder = shutil.copytree(drawn_model, tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    vector = np.frombuffer(base64.b64decode(manifest["golden"]["vector"]), "<f4")
    manifest["golden"]["vector"] = base64.b64encode(np.roll(vector, 1).astype("<f4").tobytes()).decode()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    picture = tmp_path / "dots.jpg"
    picture.write_bytes(jpeg(draw("dots", 0)))
    with running_server(tmp_path / "data", str(folder)) as server, context.new_page() as page:
        visit = Visit(page, server.url).open()
        expect(page.locator("#engine")).to_contain_text("No TF.js back end works in this browser")
        expect(page.locator("#engine")).to_contain_text("its vectors are wrong")
        page.set_input_files("#search-file", picture)
        expect(page.locator("#search-note")).to_contain_text("No TF.js back end works")
        visit.add([picture])
        assert "No TF.js back end works" in visit.outcome(picture.name)
        assert any("No TF.js back end works" in text for text in visit.complaints)
