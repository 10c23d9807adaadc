"""
People's own data of pictures, as a table: CSV with a heading for each column, or JSON lines.

    file,title,tags,article,price:number
    dresses/red.jpg,Red dress,"dress, summer",00417,59.90

`file` is the way to a file from the folder that is imported, or its name where that is enough. `title` and `tags` are
what they say, tags separated by commas; every other column is an attribute. Values in CSV are text, so that 00417 stays
what it is; those under a heading that ends in `:number` are numbers, in `:boolean` yes or no. JSON has its own types.
"""

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from frontend.client.errors import RecordsInvalid
from frontend.client.importing.folders import FoundFile
from frontend.client.records import Attribute
from frontend.client.uploads import Description
from frontend.page.wording.titles_and_tags import split_tags

FILE, TITLE, TAGS = "file", "title", "tags"

_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,63}")

TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

SHOWN: Final = 10
"""How many faults are named one by one."""


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    line: int
    file: str
    description: Description


def read_table(path: Path) -> list[Row]:
    """
    Read a table; by its name it is CSV or JSON lines.

    Raises:
        RecordsInvalid: It cannot be read, or something in it makes no sense; all faults are named.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise RecordsInvalid(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except UnicodeDecodeError as exc:
        raise RecordsInvalid(f"{path} is not in UTF-8: export it as 'CSV UTF-8'.") from exc
    lines = _of_csv(text) if path.suffix.lower() in (".csv", ".tsv") else _of_json_lines(text)
    rows: list[Row] = []
    faults: list[str] = []
    for line, content in lines:
        try:
            rows.append(_row(line, content) if isinstance(content, Mapping) else _refuse(content))
        except ValueError as exc:
            faults.append(f"line {line}: {exc}")
    _complain(path, faults)
    return rows


def match(rows: Sequence[Row], files: Sequence[FoundFile], path: Path) -> dict[str, Description]:
    """
    Find the file of each row.

    Args:
        path: Of the table, for the message.

    Returns:
        The file's `relative` -> what the table says of it.

    Raises:
        RecordsInvalid: A row names no file, several, or one that another row names; all faults are named.
    """
    by_relative = {file.relative: file for file in files}
    by_name: dict[str, list[FoundFile]] = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file)
    found: dict[str, Description] = {}
    faults: list[str] = []
    for row in rows:
        wanted = row.file.replace("\\", "/").removeprefix("./")
        candidates = [by_relative[wanted]] if wanted in by_relative else by_name.get(wanted, [])
        if len(candidates) != 1:
            why = (
                "is in none of the folders" if not candidates else f"is there {len(candidates)} times: name its folder"
            )
            faults.append(f"line {row.line}: {row.file} {why}")
        elif candidates[0].relative in found:
            faults.append(f"line {row.line}: {row.file} stands in another line, too")
        else:
            found[candidates[0].relative] = row.description
    _complain(path, faults)
    return found


def _of_csv(text: str) -> Iterator[tuple[int, Any]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    try:
        heading = [name.strip() for name in next(reader, [])]
        for values in reader:
            if not values:
                continue
            if len(values) != len(heading):
                yield reader.line_num, f"it has {len(values)} values, and the heading {len(heading)}"
            else:
                yield reader.line_num, dict(zip(heading, values, strict=True))
    except csv.Error as exc:
        yield reader.line_num, str(exc)


def _of_json_lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError as exc:
            yield number, f"it is not JSON: {exc}"
        else:
            yield number, content if isinstance(content, dict) else "it is not an object of names and values"


def _row(line: int, content: Mapping[str, Any]) -> Row:
    file = content.get(FILE)
    if not isinstance(file, str) or not file.strip():
        raise ValueError(f"it names no {FILE}")
    title, tags = content.get(TITLE) or "", content.get(TAGS) or ()
    if not isinstance(title, str):
        raise ValueError("its title is no text")
    if isinstance(tags, str):
        tags = split_tags(tags)
    if not isinstance(tags, list | tuple) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("its tags are neither a text nor a list of texts")
    others = {name: value for name, value in content.items() if name not in (FILE, TITLE, TAGS)}
    attributes = dict(_attribute(name, value) for name, value in others.items() if value is not None and value != "")
    return Row(line, file.strip(), Description(title.strip(), tuple(tags), attributes))


def _attribute(heading: str, value: Any) -> tuple[str, Attribute]:
    name, _, kind = heading.partition(":")
    if not _ATTRIBUTE.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of an attribute: it must be like article_number")
    if kind == "number":
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{name} is no number: {value!r}")
        return name, number
    if kind == "boolean":
        if str(value).strip().lower() not in TRUTHS:
            raise ValueError(f"{name} is neither yes nor no: {value!r}")
        return name, TRUTHS[str(value).strip().lower()]
    if kind:
        raise ValueError(f"{heading!r}: after the colon stands number or boolean")
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"{name} is neither text, nor a number, nor true or false")
    return name, value


def _refuse(fault: str) -> Row:
    raise ValueError(fault)


def _complain(path: Path, faults: Sequence[str]) -> None:
    if faults:
        more = f", and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise RecordsInvalid(f"{path} does not fit: {'; '.join(faults[:SHOWN])}{more}. Nothing was added.", faults)
