"""
What the page says of matches, against what is true: among photographs of which is known what they show.

Each labelled photograph searches a library of photographs that show nothing of its kind, once without others of its own
group, where 'No similar photos' is right, and once with some of them.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from frontend.embedder.model_input import ModelInput
from frontend.embedder.preprocessing import decode, middle, to_model_input
from frontend.models import shards
from frontend.page.wording.strength import Scale
from tests.benchmarks.native import TRAIN, NativeModel, labelled
from tests.benchmarks.report import Cell, Machine, Report, Table
from tests.support.shared import NO_PHOTOGRAPHS
from tests.support.spaces import BUNDLED

# What the page asks for.
SHOWN = 60

# Sources with nothing of that kind in them, as far as one can see.
UNRELATED: Mapping[str, Sequence[str]] = {
    "clothing": (
        "weather",
        "houses",
        "dtd10",
        "caltech101",
        "imagenette",
        "trashnet",
        "pets_web",
        "food_my",
        "intel100",
    ),
    "grocery": ("weather", "houses", "dtd10", "imagenette", "pets_web", "garments", "officecaltech"),
}

# How the page judged before: one look, and a limit whatever the size of the library (the 99th percentile of pairs of
# groceries and clothes).
BEFORE = 0.5935

Scores = npt.NDArray[np.float32]
Limit = Callable[[Scores, int], float]
"""The scores of what is shown, best first, and the library's size -> the score from which it is called similar."""


@dataclass
class Tally:
    """What was said in searches of one library."""

    said_when_due: list[bool]
    said_wrongly: list[bool]
    own_called_less: list[bool]
    called_similar_right: list[bool]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--groups", type=int, help="take the first groups of the photographs only")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument(
        "--keep", type=Path, help="folder for what the model makes of pictures; a later run goes on there"
    )


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    model = NativeModel(BUNDLED, options.keep)
    pictures = labelled(options.groups)
    files = [picture.path.read_bytes() for picture in pictures]
    whole = model.see(input_of(data, model, False) for data in files).vectors
    looks = model.see(input_of(data, model, True) for data in files).vectors
    groups = np.array([picture.group for picture in pictures])
    kinds = np.array(["clothing" if picture.source == "clothing" else "grocery" for picture in pictures])
    others = {kind: model.see(photographs(kind, max(options.sizes), model)).vectors for kind in sorted(set(kinds))}
    unrelated = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))["calibration"]["unrelated_cosine"]

    def now(scores: Scores, size: int) -> float:
        return Scale(unrelated["looks"], size, scores.tolist()).similar_from

    rows: list[list[Cell]] = []
    for kind in ["clothing", "grocery"]:
        chosen = np.flatnonzero(kinds == kind)
        if not len(chosen):
            continue
        own = {"before": whole[chosen] @ whole.T, "now": np.maximum(whole[chosen] @ whole.T, looks[chosen] @ whole.T)}
        rest = whole[chosen] @ others[kind].T
        strange = {"before": rest, "now": np.maximum(rest, looks[chosen] @ others[kind].T)}
        for size in options.sizes:
            for name, limit in (("before", lambda scores, size: BEFORE), ("now", now)):
                tally = tallied(own[name], strange[name], groups, chosen, size, limit)
                rows.append([kind, min(size, len(others[kind])), name, *shares(tally)])
    columns = [
        "searched with",
        "library",
        "",
        "'No similar photos' when due %",
        "said wrongly %",
        "own group called less similar %",
        "called similar and of the group %",
    ]
    notes = [
        "Clothing: 10 kinds of garments (any dress is to find any dress); groceries: 30 products. Where the group is"
        f" there, it is with 1 to all of its others, and those count that are among the {SHOWN} shown."
    ]
    return Report(
        title="What is said of matches",
        introduction=[
            f"{len(pictures)} labelled photographs search libraries of photographs of other things (lookalike_v1)."
            " Before: one vector, similar above a fixed limit. Now: two looks, and a limit by how many unrelated photos"
            " of a library of that size would come as near by chance."
        ],
        tables=[Table("Rates by the size of the library", columns, rows, notes)],
        machine=machine,
        command="python -m tests.benchmarks strength",
    )


def tallied(
    own: Scores, strange: Scores, groups: npt.NDArray[np.str_], chosen: npt.NDArray[np.intp], size: int, limit: Limit
) -> Tally:
    """
    Search with each of some photographs.

    Args:
        own: (C, N): the scores of all N labelled photographs in the searches with the C chosen ones.
        strange: (C, M): those of the photographs of other things.
        groups: (N,)
        chosen: (C,): which of the labelled photographs search.
        size: How many photographs are in the library.
    """
    random = np.random.default_rng(3)
    tally = Tally([], [], [], [])
    for row, query in enumerate(chosen):
        others = strange[row, random.permutation(strange.shape[1])[:size]]
        best = np.sort(others)[::-1][:SHOWN]
        tally.said_when_due.append(bool(best[0] < limit(best, size)))
        same = np.flatnonzero((groups == groups[query]) & (np.arange(len(groups)) != query))
        same = random.permutation(same)[: random.integers(1, len(same) + 1)]
        scores = np.concatenate([own[row, same], others[: max(size - len(same), 0)]])
        order = np.argsort(-scores)[:SHOWN]
        similar = scores[order] >= limit(scores[order], size)
        of_group = order < len(same)
        tally.said_wrongly.append(not similar.any())
        tally.own_called_less.extend((~similar[of_group]).tolist())
        tally.called_similar_right.extend(of_group[similar].tolist())
    return tally


def shares(tally: Tally) -> list[Cell]:
    """Return the four shares in percent."""
    lists = (tally.said_when_due, tally.said_wrongly, tally.own_called_less, tally.called_similar_right)
    return [round(100 * float(np.mean(said)), 1) if said else None for said in lists]


def photographs(kind: str, count: int, model: NativeModel) -> Iterator[ModelInput]:
    """
    Yield up to `count` photographs that show nothing of a kind.

    Raises:
        FileNotFoundError: There are none on this machine.
    """
    if not any(TRAIN.glob("*.tar")):
        raise FileNotFoundError(NO_PHOTOGRAPHS)
    wanted = (data for source, data in shards.read(TRAIN) if source in UNRELATED[kind])
    for data in islice(wanted, count):
        yield input_of(data, model, False)


def input_of(data: bytes, model: NativeModel, second_look: bool) -> ModelInput:
    """Return what the model is shown of a file: all of it, or its middle."""
    pixels = decode(data, model.spec.side_px).pixels
    return to_model_input(middle(pixels) if second_look else pixels, model.spec)
