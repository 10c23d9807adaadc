"""
Turns filters and positions into LanceDB's conditions.

LanceDB's expressions know few functions, none on lists and maps, so some conditions are text. No text of a request
gets into one but through `_quoted`, by which LanceDB itself quotes it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from lancedb.expr import Expr, col, lit
from lancedb.query import ColumnOrdering

from backend.catalogue.values import EPOCH, AttributeCondition, AttributeValue, Filters, ImageID, Position, Sort

from .lance_rows import MAPS, map_for


def passing(filters: Filters, without: ImageID | None = None) -> list[str]:
    """Return the conditions that the filters pose, none if they let everything pass."""
    conditions = [
        *_has("any", "tags", filters.tags_any),
        *_has("all", "tags", filters.tags_all),
        *_has("any", "label_names", filters.labels_any),
    ]
    expressions = [
        filters.created_from and (col("id") >= lit(_first_id(filters.created_from))),
        filters.created_before and (col("id") < lit(_first_id(filters.created_before))),
        None if filters.size_min is None else col("size") >= lit(filters.size_min),
        None if filters.size_max is None else col("size") <= lit(filters.size_max),
        None if without is None else col("id") != lit(without),
    ]
    conditions += [expression.to_sql() for expression in expressions if expression is not None]
    for condition in filters.attributes:
        conditions += _attribute(condition)
    return conditions


def following(sort: Sort, position: Position) -> str:
    """Return the condition that what comes after a position fulfils."""
    if sort.column == "created":
        return _beyond(sort, "id", position.id).to_sql()
    equal = (col(sort.column) == lit(position.value)) & _beyond(sort, "id", position.id)
    return f"({(_beyond(sort, sort.column, position.value) | equal).to_sql()})"


def ordering(sort: Sort) -> list[ColumnOrdering]:
    """Return the columns to sort by. An id begins with the time, so it alone sorts by time."""
    columns = ["id"] if sort.column == "created" else [sort.column, "id"]
    return [ColumnOrdering(column_name=column, ascending=not sort.descending) for column in columns]


def one_of(column: str, values: Iterable[str]) -> Expr:
    return col(column).isin([lit(value) for value in values])


def joined(conditions: Sequence[str]) -> str:
    """Return the condition that holds if all do."""
    return " AND ".join(conditions)


def _beyond(sort: Sort, column: str, value: str | int) -> Expr:
    return col(column) < lit(value) if sort.descending else col(column) > lit(value)


def _has(which: str, column: str, values: Sequence[str]) -> list[str]:
    if not values:
        return []
    return [f"array_has_{which}({column}, make_array({', '.join(map(_quoted, values))}))"]


def _attribute(condition: AttributeCondition) -> list[str]:
    conditions = []
    if condition.equals is not None:
        conditions.append(f"{_value(map_for(condition.equals), condition.name)} = {_quoted(condition.equals)}")
    number = _value(MAPS[float], condition.name)
    if condition.at_least is not None:
        conditions.append(f"{number} >= {_quoted(condition.at_least)}")
    if condition.at_most is not None:
        conditions.append(f"{number} <= {_quoted(condition.at_most)}")
    return conditions or [_exists(condition.name)]


def _exists(name: str) -> str:
    return f"({' OR '.join(f'{_value(column, name)} IS NOT NULL' for column in MAPS.values())})"


def _value(column: str, name: str) -> str:
    """Return the expression of an attribute's value; NULL, of which no comparison is true, where it is missing."""
    return f"map_extract({column}, {_quoted(name)})[1]"


def _quoted(value: AttributeValue) -> str:
    return lit(value if isinstance(value, str | bool) else float(value)).to_sql()


def _first_id(moment: datetime) -> str:
    """Return the start of the ids made at a moment; all earlier ids are less. An id counts whole milliseconds."""
    milliseconds = -((EPOCH - moment) // timedelta(milliseconds=1))
    return f"{max(milliseconds, 0):012x}"
