"""What lies beside the project on its developers' machines: real photographs. Other clones have none."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

SHARED = Path(__file__).parents[2].parent / "shared"
LABELLED = SHARED / "images" / "labels.csv"
AWKWARD = SHARED / "images" / "awkward" / "manifest.csv"

NO_PHOTOGRAPHS = f"needs the photographs of {SHARED.name}/images, which are not part of the project"


def photographs(groups: Sequence[str]) -> Mapping[str, list[Path]] | None:
    """Return the labelled photographs of some groups; None where there are none."""
    if not LABELLED.is_file():
        return None
    with LABELLED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {group: [LABELLED.parent / row["path"] for row in rows if row["group"] == group] for group in groups}
