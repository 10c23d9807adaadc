"""What lies beside the project on its developers' machines: real photographs. Other clones have none."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

SHARED = ROOT.parent / "shared"
LABELLED = SHARED / "images" / "labels.csv"
AWKWARD = SHARED / "images" / "awkward" / "manifest.csv"
AWKWARD_2 = SHARED / "images" / "awkward-2" / "manifest.csv"

NO_PHOTOGRAPHS = f"needs the photographs of {SHARED.name}/images, which are not part of the project"


@dataclass(frozen=True)
class Labelled:
    """A photograph of which is known what it shows."""

    path: Path
    group: str
    source: str


def labelled() -> list[Labelled]:
    """Return all labelled photographs; none where there are none."""
    if not LABELLED.is_file():
        return []
    with LABELLED.open(newline="", encoding="utf-8") as file:
        return [Labelled(LABELLED.parent / row["path"], row["group"], row["source"]) for row in csv.DictReader(file)]


def photographs(groups: Sequence[str]) -> Mapping[str, list[Path]] | None:
    """Return the labelled photographs of some groups; None where there are none."""
    found = labelled()
    return {group: [one.path for one in found if one.group == group] for group in groups} if found else None
