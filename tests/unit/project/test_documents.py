"""What the documents say is what the code does."""

import ast
import json
import re
from dataclasses import MISSING, fields

import pytest

from backend.cli import COMMANDS
from backend.settings import Settings, variable
from backend.setup.site import PAGES
from tests.benchmarks.summary import markdown
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_settings_table() -> None:
    """README's table has every setting once, in the order of the code, with its default."""
    rows = re.findall(r"^\| `(LOOKALIKE_\w+)` \| (.*?) \|", README, re.MULTILINE)
    expected = []
    for item in fields(Settings):
        has_default = item.default not in (MISSING, None, ())
        expected.append((variable(item.name), f"`{item.default}`" if has_default else None))
    assert [name for name, _ in rows] == [name for name, _ in expected]
    assert [default for _, default in rows if default.startswith("`")] == [text for _, text in expected if text]


def test_the_commands_table() -> None:
    """README's table has every command once, in the order of `--help`."""
    rows = re.findall(r"^\| `lookalike (\w+)[^`]*` \|", README, re.MULTILINE)
    assert rows == [command.name for command in COMMANDS]


def test_the_ratios() -> None:
    """README's table of ratios is what the reports say."""
    assert markdown() in README, "python -m tests.benchmarks.summary"


def test_the_files_that_the_readme_names_exist() -> None:
    """Links and pictures point to files of the project."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links and [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("part", ["page", "embedder"])
def test_the_browser_gets_every_module(part: str) -> None:
    """PyScript's configuration lists each module of a part but those that it runs."""
    folder = ROOT / "frontend" / part
    config = json.loads((folder / "pyscript.json").read_text(encoding="utf-8"))
    started = {"page": {"main.py", "reembed.py"}, "embedder": {"worker.py"}}[part]
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if path.name != "__init__.py"]
    modules = set(paths) - started
    assert config["files"] == {f"./{name}": f"./frontend/{part}/{name}" for name in sorted(modules)}


def test_the_worker_exports_what_the_page_calls() -> None:
    """Every name that the page awaits from the worker is exported by it, and the other way round."""
    worker = (ROOT / "frontend/embedder/worker.py").read_text(encoding="utf-8")
    page = (ROOT / "frontend/page/model/embedder.py").read_text(encoding="utf-8")
    assignment = next(
        node
        for node in ast.parse(worker).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__export__"
    )
    exported = set(ast.literal_eval(assignment.value))
    assert set(re.findall(r"self\._worker\.(\w+)\(", page)) == exported


def test_no_javascript_of_our_own() -> None:
    """Python all the way: no script file, and none in the page's markup."""
    ours = [path for path in (ROOT / "frontend").rglob("*") if path.suffix in {".js", ".mjs", ".ts"}]
    assert [path for path in ours if not {"node_modules", "dist", ".building"} & set(path.parts)] == []
    html = "".join((ROOT / "frontend" / name).read_text(encoding="utf-8") for name in PAGES)
    assert re.findall(r"<script[^>]*>([^<]+)</script>|\son\w+=", html) == []
