"""What the page shows of an OpenAPI document, as values for its template."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .wording import limits_of, type_of

Json = Mapping[str, Any]

# The order in which people read; OpenAPI has none.
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Member:
    """A parameter, or a member of an object."""

    name: str
    required: bool
    type: str
    """HTML, like all texts named `type`; every other text is Markdown, with nothing in it but paragraphs and code."""
    limits: str
    description: str


@dataclass(frozen=True)
class Answer:
    """What an operation may answer with."""

    status: str
    description: str
    type: str


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    role: str
    """Which a key must have, where there are keys; empty if none is needed."""
    parameters: Sequence[Member]
    body: str
    """HTML, empty without a body."""
    answers: Sequence[Answer]
    """Without those that nearly all operations have."""


@dataclass(frozen=True)
class Group:
    """The operations of a tag."""

    name: str
    description: str
    operations: Sequence[Operation]


@dataclass(frozen=True)
class Type:
    """A schema with a name."""

    name: str
    description: str
    type: str
    """HTML for what is no object; empty for an object, which has members."""
    members: Sequence[Member]


@dataclass(frozen=True)
class Contents:
    title: str
    version: str
    description: str
    groups: Sequence[Group]
    common: Sequence[Answer]
    """What more than half of all operations may answer with, told once."""
    types: Sequence[Type]

    @property
    def names(self) -> set[str]:
        """Return what can be linked to."""
        return {each.name for each in self.types} | {each.id for group in self.groups for each in group.operations}


def contents_of(document: Json) -> Contents:
    """Return what the page shows of a document."""
    operations = list(_operations(document))
    common = _common(operations)
    return Contents(
        document["info"]["title"],
        document["info"]["version"],
        document["info"]["description"],
        [_group(tag, operations, common) for tag in document["tags"]],
        sorted(common, key=lambda answer: answer.status),
        [_type(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
    )


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def _common(operations: Sequence[tuple[str, str, Json]]) -> set[Answer]:
    counted = Counter(answer for _, _, operation in operations for answer in _answers(operation))
    return {answer for answer, count in counted.items() if count > len(operations) / 2}


def _group(tag: Json, operations: Sequence[tuple[str, str, Json]], common: set[Answer]) -> Group:
    mine = [each for each in operations if tag["name"] in each[2]["tags"]]
    return Group(tag["name"], tag["description"], [_operation(*each, common) for each in mine])


def _operation(method: str, path: str, operation: Json, common: set[Answer]) -> Operation:
    return Operation(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        operation.get("description", ""),
        _role(operation.get("security", [])),
        [_parameter(each) for each in operation.get("parameters", [])],
        _content_type(operation.get("requestBody", {})),
        [answer for answer in _answers(operation) if answer not in common],
    )


def _role(security: Sequence[Json]) -> str:
    return next((role for each in security for roles in each.values() for role in roles), "")


def _parameter(parameter: Json) -> Member:
    schema = parameter["schema"]
    description = parameter.get("description", "")
    return Member(parameter["name"], parameter["required"], type_of(schema), limits_of(schema), description)


def _answers(operation: Json) -> list[Answer]:
    return [
        Answer(status, response["description"], _content_type(response))
        for status, response in sorted(operation["responses"].items())
    ]


def _content_type(message: Json) -> str:
    return next((type_of(content["schema"]) for content in message.get("content", {}).values()), "")


def _type(name: str, schema: Json) -> Type:
    members = [_member(each, inner, schema) for each, inner in schema.get("properties", {}).items()]
    return Type(name, schema.get("description", ""), "" if members else type_of(schema), members)


def _member(name: str, schema: Json, within: Json) -> Member:
    required = name in within.get("required", [])
    return Member(name, required, type_of(schema), limits_of(schema), _description(schema))


def _description(schema: Json) -> str:
    """Return the description of a schema, or of the one thing that it may be beside null."""
    inner = [each["description"] for each in schema.get("anyOf", []) if "description" in each]
    return schema.get("description") or next(iter(inner), "")
