"""What the documents say is what the code does."""

import ast
import importlib.util
import io
import json
import re
import shlex
import tomllib
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path

import pytest

from backend.cli import COMMANDS, parser
from backend.settings import Settings, variable
from backend.setup.site import PAGES
from frontend.client.commands.running import KEY_VARIABLE, SERVER_VARIABLE
from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.summary import engines, highlights, markdown
from tests.support.paths import ROOT

DOCUMENTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in (
        "README.md",
        "backend/README.md",
        "frontend/README.md",
        "frontend/client/README.md",
        "frontend/finder/README.md",
        "tests/README.md",
        "CHANGELOG.md",
    )
}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MARKERS = {re.match(r"\w+", marker)[0] for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}  # type: ignore[index]

# Commands of the extra `test`.
TOOLS = {"ruff", "pyright", "lint-imports"}

# Programs that the documents' commands begin with and that are not ours.
OTHER_PROGRAMS = {"curl", "docker", "export", "mv", "openapi-python-client", "py-spy"}

# What stands for something in a command.
PLACEHOLDER = re.compile(r"[A-Z][A-Z_0-9]*$|.*…")


def commands(name: str) -> list[list[str]]:
    """Return the words of each command in a document's blocks of shell and in its sentences."""
    text = DOCUMENTS[name]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    sentences = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines += re.findall(r"`((?:lookalike|python -m|pip|docker|SCREENS_FOR_TESTS\S+) [^`]+)`", sentences)
    parts = [part for line in lines for part in re.split(r"\s&&\s", re.sub(r"\s#.*|\s>\s\S+", "", line))]
    words = [shlex.split(part) for part in parts if part.strip()]
    return [without_settings(each) for each in words]


def without_settings(words: list[str]) -> list[str]:
    """Leave out what a command sets in its environment."""
    return words[next((at for at, word in enumerate(words) if "=" not in word), len(words)) :]


def anchors(text: str) -> set[str]:
    """Return the names by which GitHub knows the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_settings_table() -> None:
    """The table has every setting once, in the order of the code, with its default."""
    rows = re.findall(r"^\| `(LOOKALIKE_\w+)` \| (.*?) \|", DOCUMENTS["backend/README.md"], re.MULTILINE)
    expected = []
    for item in fields(Settings):
        has_default = item.default not in (MISSING, None, ())
        expected.append((variable(item.name), f"`{item.default}`" if has_default else None))
    assert [name for name, _ in rows] == [name for name, _ in expected]
    assert [default for _, default in rows if default.startswith("`")] == [text for _, text in expected if text]


def test_the_commands_table() -> None:
    """The table has every command once, in the order of `--help`."""
    rows = re.findall(r"^\| `lookalike (\w+)[^`]*` \|", DOCUMENTS["backend/README.md"], re.MULTILINE)
    assert rows == [command.name for command in COMMANDS]


def test_the_figures() -> None:
    """The README's five lines, the table of ratios and that of the engines are what the reports say."""
    assert highlights() in DOCUMENTS["README.md"], "python -m tests.benchmarks.summary"
    assert markdown() in DOCUMENTS["tests/README.md"], "python -m tests.benchmarks.summary"
    assert engines() in DOCUMENTS["frontend/README.md"], "python -m tests.benchmarks.summary"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links(name: str) -> None:
    """Links and pictures lead to files of the project, and to headings that are there."""
    for link in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[name]):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_settings_that_are_named(name: str) -> None:
    """Every variable that a document names is a setting."""
    named = set(re.findall(r"LOOKALIKE_[A-Z0-9_]+", DOCUMENTS[name]))
    assert named - {variable(item.name) for item in fields(Settings)} - {SERVER_VARIABLE, KEY_VARIABLE} == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_that_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our commands are read by our parser, modules and files of the tests exist, options of pip name extras."""
    monkeypatch.setattr("sys.stderr", io.StringIO())
    wrong = [" ".join(words) for words in commands(name) if words and not is_known(words)]
    assert wrong == []


def is_known(words: list[str]) -> bool:
    """Whether a command can be given as it is written."""
    match words:
        case ["lookalike", name]:  # Only named, perhaps without what it needs.
            return name in {"--help", "--version", *(command.name for command in COMMANDS)}
        case ["lookalike", *arguments]:
            return is_parsed(arguments)
        case ["python", "-m", "pytest", *arguments]:
            return is_found([word for word in arguments if word.startswith("tests/")], chosen(arguments, "-k"))
        case ["python", "-m", "tests", *arguments]:
            return set(chosen(arguments, "-m")) <= MARKERS
        case ["python", "-m", "tests.benchmarks", *arguments]:
            return all(word in BENCHMARKS or PLACEHOLDER.match(word) for word in arguments[:1])
        case ["python", "-m", module, *_]:
            return importlib.util.find_spec(module) is not None
        case ["pip", "install", *arguments]:
            extras = [extra for word in arguments for extra in "".join(re.findall(r"^\.\[(.*)\]$", word)).split(",")]
            return {extra for extra in extras if extra} <= set(PROJECT["project"]["optional-dependencies"])
        case [program, *_]:
            return program in OTHER_PROGRAMS or program in TOOLS
    return False


def chosen(arguments: list[str], option: str) -> list[str]:
    return [word for before, word in pairwise(arguments) if before == option and not PLACEHOLDER.match(word)]


def is_found(paths: list[str], names: list[str]) -> bool:
    """Whether files and folders of tests are there, and in them tests with these words in their names."""
    files = [
        file for path in paths for file in ([ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py"))
    ]
    if not files or not all(file.exists() for file in files):
        return False
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return all(re.search(rf"def test_\w*{name}", text) for name in names)


def is_parsed(arguments: list[str]) -> bool:
    try:
        parser().parse_args([re.sub(r"^N$", "1", word) for word in arguments])
    except SystemExit as exc:
        return exc.code == 0
    return True


@pytest.mark.parametrize("name", ["backend/README.md", "frontend/README.md", "tests/README.md"])
def test_paths_that_are_named(name: str) -> None:
    """Files and folders of the project that stand in a sentence as code are there."""
    sentences = re.sub(r"```.*?```", "", DOCUMENTS[name], flags=re.DOTALL)
    paths = re.findall(r"`((?:backend|frontend|tests|page|embedder)/[\w/.]+)`", sentences)
    beside = (ROOT / name).parent
    made = {"frontend/dist", "tests/artefacts"}
    assert [path for path in paths if not ((ROOT / path).exists() or (beside / path).exists() or path in made)] == []


def test_every_marker_is_explained() -> None:
    """tests/README.md names each of pytest's markers."""
    assert {marker for marker in MARKERS if not re.search(rf"`{marker}\b", DOCUMENTS["tests/README.md"])} == set()


@pytest.mark.parametrize("folder", ["backend", "frontend"])
def test_every_room_is_listed(folder: str) -> None:
    """Each folder with code has its line in the table that says where a new file goes."""
    parts = [path.relative_to(ROOT / folder).parent for path in (ROOT / folder).rglob("*.py")]
    rooms = {room for room in parts if room.parts and not {"node_modules", "dist", ".building"} & set(room.parts)}
    listed = {Path(path) for path in re.findall(r"\]\(([\w/]+)\)", DOCUMENTS[f"{folder}/README.md"])}
    # One within another may be told together with it; one that has listed rooms in it needs no line of its own.
    told = listed | {above for room in listed for above in room.parents}
    assert {str(room) for room in rooms if room not in told and not set(room.parents) & listed} == set()


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
    callers = ("embedder.py", "living_worker.py", "map_worker.py")
    page = "".join((ROOT / "frontend/page/model" / name).read_text(encoding="utf-8") for name in callers)
    assignment = next(
        node
        for node in ast.parse(worker).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__export__"
    )
    exported = set(ast.literal_eval(assignment.value))
    by_name = re.findall(r"(?:_worker\.call|self\._ask|self\._call)\(\s*\"(\w+)\"", page)
    assert {*by_name, *re.findall(r"await exports\.(\w+)\(", page)} == exported


def test_no_javascript_of_our_own() -> None:
    """Python all the way: no script file, and none in the page's markup."""
    ours = [path for path in (ROOT / "frontend").rglob("*") if path.suffix in {".js", ".mjs", ".ts"}]
    assert [path for path in ours if not {"node_modules", "dist", ".building"} & set(path.parts)] == []
    html = "".join((ROOT / "frontend" / name).read_text(encoding="utf-8") for name in PAGES)
    assert re.findall(r"<script[^>]*>([^<]+)</script>|\son\w+=", html) == []
