"""The API through a client that openapi-python-client generates from its description."""

import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import APIKey, Role, Settings
from backend.web.static import Site
from tests.support.api import API, OpenAPIDocument, Picture
from tests.support.generated_client import NAME, generate
from tests.support.network import serving
from tests.support.paths import ROOT
from tests.support.spaces import small_space, to_base64

KEY = "key0123456789" * 3


@dataclass(frozen=True)
class Generated:
    """The package, a server to use it with, and what the generator said."""

    folder: Path
    said: str
    url: str
    space: EmbeddingSpace

    def client(self, key: str = KEY) -> Any:
        return module("client").AuthenticatedClient(self.url, token=key, raise_on_unexpected_status=True)

    def add(self, client: Any, picture: Picture, **described: Any) -> Any:
        """Add a picture as a program would that has nothing but the generated client."""
        declaration = models().UploadDeclaration.from_dict(picture.declaration())
        upload = call("uploads", "begin_upload", client, body=declaration).upload
        with httpx.Client(base_url=self.url) as http:
            for request, content in ((upload.original, picture.original), (upload.thumbnail, picture.thumbnail)):
                answer = http.request(request.method, request.url, content=content, headers=request.headers.to_dict())
                answer.raise_for_status()
        vector = to_base64(picture.vector)
        registration = models().Registration(upload.ticket, self.space.id, vector, width=4, height=3, **described)
        return call("uploads", "register_image", client, image_id=upload.id, body=registration)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{NAME}.{name}")


def models() -> ModuleType:
    return module("models")


def call(tag: str, operation: str, client: Any, **arguments: Any) -> Any:
    """Call an operation, and return what the client makes of the answer."""
    return module(f"api.{tag}.{operation}").sync(client=client, **arguments)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    folder: Path = tmp_path_factory.mktemp("generated")
    keys = (APIKey(Role.WRITE, KEY),)
    settings, space = Settings(data=folder / "data", api_keys=keys, anonymous=Role.READ), small_space()
    with serving(create_app(settings, space, Site(folder, folder))) as address:
        said = generate(f"http://{address}{API}/openapi.json", folder)
        sys.path.insert(0, str(folder))
        yield Generated(folder / NAME, said, f"http://{address}", space)
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
            del sys.modules[name]


def test_the_generator_has_nothing_to_complain_of(generated: Generated) -> None:
    """It understands the whole description: nothing but that it is at work."""
    assert generated.said.splitlines() == [f"Generating {generated.folder}"]


def test_a_function_for_each_operation(generated: Generated, document: OpenAPIDocument) -> None:
    """Each is called as the description calls it, in a package named after its tag."""
    operations = [operation for item in document.document["paths"].values() for operation in item.values()]

    for operation in operations:
        assert module(f"api.{operation['tags'][0]}.{operation['operationId']}").sync_detailed
    parameters = inspect.signature(module("api.images.list_images").sync).parameters
    assert set(parameters) == {"client", "limit", "sort", "after", "skip", "filters"}


def test_what_was_added_is_found(generated: Generated) -> None:
    """A picture that is added is found by its vector, first and with its data, and can be read by its id."""
    with generated.client() as client:
        attributes = models().RegistrationAttributes.from_dict({"price": 3.5, "sold": False})
        added = generated.add(client, Picture.of(1), title="Pear", tags=["fruit"], attributes=attributes)
        generated.add(client, Picture.of(2), title="Shoe")
        query = models().Search(generated.space.id, vector=to_base64(Picture.of(1).vector), limit=2)
        found = call("search", "search", client, body=query)
        shown = call("images", "get_image", client, image_id=added.id)

    assert isinstance(found, models().SearchResult)
    assert [match.image.title for match in found.matches] == ["Pear", "Shoe"]
    assert found.matches[0].score == pytest.approx(1, abs=1e-3)
    assert isinstance(shown, models().Image)
    assert (shown.title, shown.tags, shown.attributes.to_dict()) == ("Pear", ["fruit"], {"price": 3.5, "sold": False})
    assert shown.created.tzinfo is not None


def test_a_filtered_list_and_its_vectors(generated: Generated) -> None:
    """Filters are given as JSON, and bytes come as a file."""
    with generated.client() as client:
        added = generated.add(client, Picture.of(3), tags=["lamp"])
        filters = json.dumps(models().SearchFilters(tags_any=["lamp"]).to_dict())
        page = call("images", "list_images", client, filters=filters, sort=models().Sort.TITLE)
        vectors = call("images", "get_vectors", client, filters=filters)

    assert ([image.id for image in page.images], page.total, page.next_) == ([added.id], 1, None)
    assert vectors.payload.read(16) == bytes.fromhex(added.id)


def test_when_photos_were_taken(generated: Generated) -> None:
    """It is given and shown as text; lists and searches have ranges of it; a change corrects it, or takes it away."""
    with generated.client() as client:
        for seed, taken in ((6, "1999-12-31T23:59:59"), (7, "2001-01-01T00:00:00+13:00")):
            generated.add(client, Picture.of(seed), taken=taken, shot=models().Shot(camera="Leica M6", iso=400))
        filters = models().SearchFilters(taken_from="1999-12-31T23:59:59", taken_before="2001-01-01T00:00:00")
        query = models().Search(generated.space.id, vector=to_base64(Picture.of(7).vector), filters=filters)
        (found,) = call("search", "search", client, body=query).matches
        listed = call("images", "list_images", client, filters=json.dumps(filters.to_dict()))
        change = models().ImageChange(taken="1955-05-03T14:07:31.5-03:00")
        changed = call("images", "change_image", client, image_id=found.image.id, body=change)
        forgotten = call(
            "images", "change_image", client, image_id=found.image.id, body=models().ImageChange(taken=None)
        )

    assert [image.id for image in listed.images] == [found.image.id]
    assert (found.image.taken, found.image.taken_source, found.image.shot.camera) == (
        "1999-12-31T23:59:59",
        models().TakenSource.CAMERA,
        "Leica M6",
    )
    assert (changed.taken, changed.taken_source) == ("1955-05-03T14:07:31.500-03:00", models().TakenSource.PERSON)
    assert (forgotten.taken, forgotten.taken_source) == (None, None)


def test_problems_are_typed(generated: Generated) -> None:
    """What goes wrong comes as a problem, whose type tells one from another."""
    search = models().Search("another", text="pear")
    with generated.client() as client, generated.client("wrong" * 10) as stranger:
        missing = call("images", "get_image", client, image_id="0" * 32)
        refused = call("search", "search", client, body=search)
        closed = call("server", "get_space", stranger)

    assert {type(problem) for problem in (missing, refused, closed)} == {models().Problem}
    assert (missing.status, missing.type_) == (404, "urn:lookalike:problem:image-not-found")
    assert (refused.status, refused.type_) == (409, "urn:lookalike:problem:space-mismatch")
    assert (closed.status, closed.type_) == (401, "urn:lookalike:problem:key-required")


def test_a_change_removes_and_leaves(generated: Generated) -> None:
    """What a change does not name stays; what it names as null goes."""
    with generated.client() as client:
        added = generated.add(client, Picture.of(4), title="Chair", tags=["oak"])
        change = models().ImageChange(title=None)
        changed = call("images", "change_image", client, image_id=added.id, body=change)

    assert (changed.title, changed.tags) == ("", ["oak"])


def test_the_example_of_the_documents(generated: Generated, capsys: pytest.CaptureFixture[str]) -> None:
    """What backend/README.md shows works as it stands."""
    with generated.client() as client:
        generated.add(client, Picture.of(5), title="Beach at noon")
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "backend/README.md").read_text(), re.DOTALL)
    assert "http://127.0.0.1:8000" in example
    exec(example.replace("http://127.0.0.1:8000", generated.url), {})

    assert capsys.readouterr().out == "['Beach at noon']\n"
