"""
Turns filters and positions into LanceDB's conditions.

They are SQL text, because LanceDB's own expressions have no functions on lists and maps. Text of a request gets into
one only through `literal`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from lancedb.query import ColumnOrdering

from backend.catalogue.people_text import order_key
from backend.catalogue.values import EPOCH, AttributeCondition, Filters, ImageID, Position, Sort

from .attributes import KINDS, comparable, key_of, kind_of

# The most rows in one commit, or values in one condition. A guess: 500 rows are some 0.7 MB, and the condition that
# finds them 50 KB.
LARGEST_BATCH = 500

# What orders sort by, apart from ids.
_COLUMNS = {"taken": "taken", "title": "title_key", "size": "size"}

Value = TypeVar("Value")


def literal(value: str | int) -> str:
    """
    Write a value as an SQL literal that LanceDB reads as exactly that value.

    Anything but plain letters and digits is written as hexadecimal bytes, because LanceDB's quoting can be escaped: a
    text with `\\'` ends early, and the rest would be read as a condition (0.40: `lit(…).to_sql()` read by `where`). Its
    planner turns both forms into the same constant, so indexes serve both.
    """
    if isinstance(value, int):
        return str(value)
    if value.isascii() and value.isalnum():
        return f"'{value}'"
    return f"CAST(X'{value.encode().hex()}' AS STRING)"


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the condition that a column has one of the values, of which there must be some."""
    return f"{column} IN ({_list(values)})"


def has_any(column: str, values: Iterable[str]) -> str:
    """Return the condition that a column of lists has one of the values, of which there must be some."""
    return f"array_has_any({column}, make_array({_list(values)}))"


def in_batches(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Split values into batches small enough for one condition."""
    return (values[start : start + LARGEST_BATCH] for start in range(0, len(values), LARGEST_BATCH))


def passing(filters: Filters, without: Sequence[ImageID] = ()) -> list[str]:
    """Return the conditions of the filters, none if everything passes."""
    conditions = [
        filters.tags_any and has_any("tags", filters.tags_any),
        filters.tags_all and f"array_has_all(tags, make_array({_list(filters.tags_all)}))",
        filters.tags_none and f"NOT {has_any('tags', filters.tags_none)}",
        filters.labels_any and has_any("label_names", filters.labels_any),
        filters.labels_none and f"NOT {has_any('label_names', filters.labels_none)}",
        filters.types_any and one_of("content_type", filters.types_any),
        filters.created_from and since(filters.created_from),
        filters.created_before and f"id < {literal(_first_id(filters.created_before))}",
        filters.taken_from and f"taken >= {literal(_taken_ms(filters.taken_from))}",
        filters.taken_before and f"taken < {literal(_taken_ms(filters.taken_before))}",
        filters.size_min is not None and f"size >= {literal(filters.size_min)}",
        filters.size_max is not None and f"size <= {literal(filters.size_max)}",
        without and f"id NOT IN ({_list(without)})",
        filters.ids and one_of("id", filters.ids),
        filters.sha256_any and one_of("sha256", filters.sha256_any),
        *(condition for attribute in filters.attributes for condition in _attribute(attribute)),
    ]
    return [condition for condition in conditions if condition]


def since(moment: datetime) -> str:
    """Return the condition that an image was created at or after a moment."""
    return f"id >= {literal(_first_id(moment))}"


def following(sort: Sort, position: Position) -> str:
    """Return the condition that an image comes after a position."""
    beyond = "<" if sort.descending else ">"
    later = f"id {beyond} {literal(position.id)}"
    if sort.column == "created":
        return later
    value = literal(order_key(position.value) if isinstance(position.value, str) else position.value)
    column = _COLUMNS[sort.column]
    return f"({column} {beyond} {value} OR ({column} = {value} AND {later}))"


def ordering(sort: Sort) -> list[ColumnOrdering]:
    """Return the columns to sort by. Ids begin with the time, so they alone sort by it."""
    columns = ["id"] if sort.column == "created" else [_COLUMNS[sort.column], "id"]
    return [ColumnOrdering(column_name=column, ascending=not sort.descending) for column in columns]


def joined(conditions: Sequence[str]) -> str:
    """Join conditions with AND."""
    return " AND ".join(conditions)


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(literal, values))


def _attribute(condition: AttributeCondition) -> list[str]:
    """Return the conditions on an attribute: at least that the image has it."""
    compared = [("=", condition.equals), (">=", condition.at_least), ("<=", condition.at_most)]
    given = [(operator, value) for operator, value in compared if value is not None]
    if not given:
        return [_one_of_keys(key_of(condition.name, kind) for kind in KINDS)]
    conditions = []
    for operator, value in given:
        key = key_of(condition.name, kind_of(value))
        # The index only has keys; the second condition is checked in the rows that it finds.
        conditions += [_one_of_keys([key]), f"{_value(key)} {operator} {literal(comparable(value))}"]
    return conditions


def _one_of_keys(keys: Iterable[int]) -> str:
    return f"array_has_any(attribute_keys, make_array({', '.join(map(literal, keys))}))"


def _value(key: int) -> str:
    """Return the expression for the value beside a key; without one it is NULL, for which no comparison is true."""
    return f"array_element(attribute_values, CAST(array_position(attribute_keys, {literal(key)}) AS BIGINT))"


def _first_id(moment: datetime) -> str:
    """Return the lowest id of a moment."""
    return f"{max(_whole_ms(moment - EPOCH), 0):012x}"


def _taken_ms(time: datetime) -> int:
    """Return the lowest value of the column `taken` for a time on a clock."""
    return _whole_ms(time.replace(tzinfo=UTC) - EPOCH)


def _whole_ms(since_epoch: timedelta) -> int:
    """Round up to whole milliseconds: no id and no column counts less."""
    return -(-since_epoch // timedelta(milliseconds=1))
