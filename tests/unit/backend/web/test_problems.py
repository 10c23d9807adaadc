"""The table of problems."""

from backend.catalogue.errors import CatalogueError, IndexUnavailable, InvalidVector
from backend.web.problems import KINDS


def _leaves(base: type[CatalogueError]) -> set[type[CatalogueError]]:
    return set().union(*map(_leaves, base.__subclasses__())) if base.__subclasses__() else {base}


def test_every_error_has_its_problem() -> None:
    """No error of the catalogue reaches a visitor without a status; a wrong manifest is told at start, to others."""
    # InvalidVector and IndexUnavailable are raised themselves, too, beside the ones below them.
    assert set(KINDS) == _leaves(CatalogueError) | {InvalidVector, IndexUnavailable}


def test_names_of_problems() -> None:
    """Each kind has a name of its own, and is a failure."""
    assert len({kind.name for kind in KINDS.values()}) == len(KINDS)
    assert all(400 <= kind.status < 600 for kind in KINDS.values())
