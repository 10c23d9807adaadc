"""TF.js back ends are chosen by trying them: right first, then quick."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext, expect

from tests.support.drawings import draw, jpeg
from tests.support.page import Visit
from tests.support.server import running_server


def trials(visit: Visit) -> dict[str, dict[str, Any]]:
    """Ask the worker what trying the back ends showed."""
    status = visit.page.evaluate("document.querySelector('script[name=embedder]').xworker.sync.status()")
    return {trial["backend"]: trial for trial in status["trials"]}


def test_wasm_passes_the_golden_test_and_is_used(visit: Visit) -> None:
    """WASM agrees with the numpy reference; what has no hardware behind it here is passed over, with the reason."""
    visit.open().ready()
    expect(visit.page.locator("#engine")).to_contain_text("wasm")
    tried = trials(visit)
    assert tried["wasm"]["usable"] and tried["wasm"]["cosine"] > 0.9999
    assert all(trial["reason"] for trial in tried.values())


def test_the_plain_back_end_stands_in_where_wasm_fails(visit: Visit, tmp_path: Path) -> None:
    """Without a working WASM back end TF.js' own JavaScript does the job, more slowly and just as right."""
    visit.page.route("**/tf-backend-wasm.min.js", lambda route: route.fulfill(body="throw new Error('broken')"))
    visit.open().ready()
    expect(visit.page.locator("#engine")).to_contain_text("cpu")
    assert not trials(visit)["wasm"]["usable"]
    path = tmp_path / "dots.jpg"
    path.write_bytes(jpeg(draw("dots", 0)))
    visit.add([path])
    assert visit.outcome(path.name).startswith("decoded ")


def test_graphics_drawn_by_software_are_measured_and_not_used(visit: Visit) -> None:
    """Told to try whatever there is, the embedder measures WebGL on a software renderer, and keeps WASM."""

    def without_the_list(route: Any) -> None:
        source = route.fetch().text()
        assert "SOFTWARE_RENDERERS: Final = (" in source
        route.fulfill(body=source.replace("SOFTWARE_RENDERERS: Final = (", "SOFTWARE_RENDERERS = () and ("))

    visit.page.route("**/embedder/mobilenet.py", without_the_list)
    visit.open().ready()
    expect(visit.page.locator("#engine")).to_contain_text("wasm")
    while "webgpu" not in (tried := trials(visit)):
        visit.page.wait_for_timeout(100)
    assert tried["webgl"]["cosine"] > 0.999, tried
    assert tried["webgl"]["reason"] == "slower than wasm"
    assert tried["webgpu"]["reason"]


def test_a_back_end_that_is_off_is_not_used(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """When the vectors are not those of the golden test, pictures are neither searched nor added."""
    folder = shutil.copytree(drawn_model, tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    vector = np.frombuffer(base64.b64decode(manifest["golden"]["vector"]), "<f4")
    manifest["golden"]["vector"] = base64.b64encode(np.roll(vector, 1).astype("<f4").tobytes()).decode()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with running_server(tmp_path / "data", str(folder)) as server, context.new_page() as page:
        visit = Visit(page, server.url).open()
        expect(page.locator("#engine")).to_contain_text("No TF.js back end works in this browser")
        expect(page.locator("#engine")).to_contain_text("its vectors are wrong")
        assert any("No TF.js back end works" in text for text in visit.complaints)
