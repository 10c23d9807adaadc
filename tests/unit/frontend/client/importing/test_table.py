"""Tables with people's own data of pictures."""

from pathlib import Path

import pytest

from frontend.client.errors import RecordsInvalid
from frontend.client.importing.folders import FoundFile
from frontend.client.importing.table import match, read_table
from frontend.client.uploads import Description

FILES = [FoundFile(Path(name), name) for name in ("dresses/red.jpg", "shirts/red.jpg", "shirts/blue.jpg")]


def table(folder: Path, text: str, name: str = "records.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "as Excel writes it"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv(tmp_path: Path, mark: str, separator: str) -> None:
    """Text stays text, numbers and truths are asked for by the heading; empty fields say nothing."""
    lines = [
        ["file", "title", "tags", "article", "price:number", "sold:boolean"],
        ["dresses/red.jpg", "Red dress", '"dress, summer"', "00417", "59.90", "yes"],
        ["blue.jpg", "", "", "", "", "no"],
    ]
    path = table(tmp_path, mark + "\r\n".join(separator.join(line) for line in lines))

    assert match(read_table(path), FILES, path) == {
        "dresses/red.jpg": Description(
            "Red dress", ("dress", "summer"), {"article": "00417", "price": 59.9, "sold": True}
        ),
        "shirts/blue.jpg": Description("", (), {"sold": False}),
    }


def test_json_lines(tmp_path: Path) -> None:
    """Values have their types; tags may be a list."""
    path = table(
        tmp_path, '{"file": "blue.jpg", "tags": ["a", "b"], "price": 5, "old": true, "no": null}\n\n', "a.jsonl"
    )

    assert match(read_table(path), FILES, path) == {
        "shirts/blue.jpg": Description("", ("a", "b"), {"price": 5, "old": True})
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("file,title\nblue.jpg,A,B", "line 2: it has 3 values, and the heading 2"),
        ("title\nBlue", "line 2: it names no file"),
        ("file,Price\nblue.jpg,5", "'Price' cannot be the name of an attribute"),
        ("file,price:number\nblue.jpg,five", "price is no number: 'five'"),
        ("file,price:number\nblue.jpg,nan", "price is no number: 'nan'"),
        ("file,sold:boolean\nblue.jpg,maybe", "sold is neither yes nor no: 'maybe'"),
        ("file,price:euro\nblue.jpg,5", "after the colon stands number or boolean"),
        ('file,title\nblue.jpg,"A', "line 2: unexpected end of data"),
    ],
)
def test_broken_csv(tmp_path: Path, text: str, fault: str) -> None:
    """The line is named, with what is wrong in it."""
    with pytest.raises(RecordsInvalid, match="Nothing was added") as caught:
        read_table(table(tmp_path, text))

    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "line 1: it is not JSON"),
        ("[1]", "line 1: it is not an object"),
        ('{"file": "blue.jpg", "sizes": [1]}', "sizes is neither text"),
        ('{"file": "blue.jpg", "tags": 5}', "its tags are neither"),
        ('{"file": 7}', "it names no file"),
    ],
)
def test_broken_json_lines(tmp_path: Path, text: str, fault: str) -> None:
    """The line is named, with what is wrong in it."""
    with pytest.raises(RecordsInvalid) as caught:
        read_table(table(tmp_path, text, "a.jsonl"))

    assert fault in str(caught.value)


def test_rows_without_a_file(tmp_path: Path) -> None:
    """Names that are in no folder, or in two, and files that two rows name: all are told at once."""
    path = table(tmp_path, "file\nred.jpg\ngreen.jpg\nblue.jpg\nshirts/blue.jpg")

    with pytest.raises(RecordsInvalid) as caught:
        match(read_table(path), FILES, path)

    assert caught.value.faults == [
        "line 2: red.jpg is there 2 times: name its folder",
        "line 3: green.jpg is in none of the folders",
        "line 5: shirts/blue.jpg stands in another line, too",
    ]


@pytest.mark.parametrize("content", [None, b"file\ncaf\xe9.jpg"], ids=["missing", "Latin 1"])
def test_a_table_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    """One sentence says why."""
    path = tmp_path / "records.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(RecordsInvalid, match=r"records\.csv (cannot be read|is not in UTF-8)"):
        read_table(path)
