"""Speaks to the API as the page does, and holds every answer against the OpenAPI document."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Vector

from .spaces import to_base64, vector

API = "/api/v1"

ORIGIN = "http://127.0.0.1"
"""Where test clients find the application: it answers to no other name than this machine's."""


JPEG = b"\xff\xd8\xff\xe0"
WEBP = b"RIFF\0\0\0\0WEBP"


@dataclass(frozen=True)
class Picture:
    """What a browser has of a picture. The backend looks at its beginning only, so any bytes will do after that."""

    original: bytes
    thumbnail: bytes
    vector: Vector
    file_name: str

    @classmethod
    def of(cls, seed: int, made: Vector | None = None) -> "Picture":
        """Return a picture that differs from those of other seeds, with this vector or one of the seed's."""
        original = JPEG + f"the original of picture {seed}, ".encode() * 100
        thumbnail = WEBP + f"thumbnail {seed}".encode()
        return cls(original, thumbnail, vector(seed) if made is None else made, f"IMG_{seed}.jpg")

    def declaration(self) -> dict[str, Any]:
        return {
            **declared(self.original, "image/jpeg"),
            "file_name": self.file_name,
            "thumbnail": declared(self.thumbnail, "image/webp"),
        }


def declared(body: bytes, content_type: str) -> dict[str, Any]:
    """Describe a file as an upload declares it."""
    return {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body), "content_type": content_type}


class Visitor:
    """The page's side of the two flows."""

    def __init__(self, http: httpx.AsyncClient, space: EmbeddingSpace) -> None:
        self.http = http
        self.space = space

    async def begin(self, picture: Picture) -> dict[str, Any]:
        """Ask for an upload, and expect to be granted one."""
        response = await self.http.post(f"{API}/uploads", json=picture.declaration())
        assert response.status_code == 201, response.text
        return response.json()["upload"]

    async def send(self, request: Mapping[str, Any], body: bytes) -> httpx.Response:
        """Carry out a signed request."""
        return await self.http.request(
            request["method"], request["url"], content=body, headers=dict(request["headers"])
        )

    async def send_both(self, upload: Mapping[str, Any], picture: Picture) -> None:
        for part in ("original", "thumbnail"):
            response = await self.send(upload[part], getattr(picture, part))
            assert response.is_success, response.text

    def registration(self, upload: Mapping[str, Any], picture: Picture, **changes: Any) -> dict[str, Any]:
        return {
            "ticket": upload["ticket"],
            "space": self.space.id,
            "vector": to_base64(picture.vector),
            "width": 4000,
            "height": 3000,
            "title": picture.file_name,
            **changes,
        }

    async def register(self, upload: Mapping[str, Any], picture: Picture, **changes: Any) -> httpx.Response:
        return await self.http.put(f"{API}/images/{upload['id']}", json=self.registration(upload, picture, **changes))

    async def uploaded(self, picture: Picture) -> dict[str, Any]:
        """Upload a picture up to, and without, its registration."""
        upload = await self.begin(picture)
        await self.send_both(upload, picture)
        return upload

    async def add(self, picture: Picture, **changes: Any) -> dict[str, Any]:
        """Upload and register a picture; return the image."""
        response = await self.register(await self.uploaded(picture), picture, **changes)
        assert response.status_code == 201, response.text
        return response.json()

    async def search(self, **query: Any) -> httpx.Response:
        return await self.http.post(f"{API}/search", json={"space": self.space.id, **query})

    async def found(self, **query: Any) -> list[str]:
        """Search, and return the ids of what was found, best first."""
        response = await self.search(**query)
        assert response.status_code == 200, response.text
        return [match["image"]["id"] for match in response.json()["matches"]]

    async def listed(self) -> list[dict[str, Any]]:
        """Return all images, the last added first, without their addresses, which change with time."""
        response = await self.http.get(f"{API}/images", params={"limit": 100, "sort": "-created"})
        assert response.status_code == 200, response.text
        return [without_urls(image) for image in response.json()["images"]]


def without_urls(image: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in image.items() if not name.endswith("_url") and name != "urls_expire"}


def stored(data: Path) -> dict[str, bytes]:
    """Return every file of the embedded store, also half-written ones and the trash, but not its note."""
    objects = data / "objects"
    paths = [path for path in sorted(objects.rglob("*")) if path.is_file() and path != objects / "library.json"]
    return {str(path.relative_to(objects)): path.read_bytes() for path in paths}


def assert_problem(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """Check that the response is a problem document of this kind; return it."""
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), problem
    assert (problem["status"], problem["type"]) == (status, f"urn:lookalike:problem:{name}")
    assert problem["title"] and problem["detail"]
    return problem


class OpenAPIDocument:
    """Knows what the API may answer."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        """Return a validator for a schema that may refer to the document's components."""
        return Draft202012Validator({**schema, "components": self.document["components"]})

    def request_schema(self, method: str, path: str) -> Mapping[str, Any]:
        return self._operation(method, path)["requestBody"]["content"]["application/json"]["schema"]

    def check(self, response: httpx.Response) -> None:
        """Fail unless the document announces this response: its status, its media type and its content."""
        request = response.request
        announced = self._operation(request.method, request.url.path)["responses"]
        assert str(response.status_code) in announced, f"{request.method} {request.url.path}: {response.text}"
        content = announced[str(response.status_code)].get("content")
        if content is None:
            assert response.content == b""
            return
        media_type = response.headers["content-type"].removesuffix("; charset=utf-8")
        assert media_type in content, f"{media_type} is none of {list(content)}"
        if media_type not in ("application/octet-stream", "text/plain"):
            self.validator(content[media_type]["schema"]).validate(response.json())

    def knows(self, method: str, path: str) -> bool:
        return any(template.fullmatch(path) and method.lower() in item for template, item in self._paths)

    def _operation(self, method: str, path: str) -> Mapping[str, Any]:
        items = [item for template, item in self._paths if template.fullmatch(path)]
        assert items, f"the document has no {path}"
        return items[0][method.lower()]

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
        paths = self.document["paths"].items()
        return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), item) for template, item in paths]
