"""What plain words find among labelled photographs: by labels as text, and by what they mean."""

import argparse
import io
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from backend.catalogue.people_text import fold
from backend.catalogue.people_text import words as words_in
from frontend.embedder.model_input import InputSpec, ModelInput, Pixels
from frontend.embedder.preprocessing import to_model_input
from frontend.embedder.space import Logits, top_labels
from frontend.embedder.words import WordTable, read_table
from frontend.models.words import wordnet
from frontend.models.words.build import NAME, directions
from frontend.models.words.classes import synsets_of
from frontend.models.words.minilm import MiniLM
from frontend.models.words.weights import Kinship, similar, similarities
from tests.benchmarks.data import unit
from tests.benchmarks.native import TRAIN, NativeModel, labelled
from tests.benchmarks.preprocessing import File, squeezed
from tests.benchmarks.report import Cell, Machine, Report, Table
from tests.support.shared import NO_PHOTOGRAPHS
from tests.support.spaces import BUNDLED

Array = npt.NDArray[np.float32]

Score = Callable[[str], Array | None]
"""A word -> how well each photograph matches, the more the better; None if it finds nothing."""

CLOTHES = ("dress", "hat", "longsleeve", "outwear", "pants", "shirt", "shoes", "shorts", "skirt", "t-shirt")
APPLES = ("Golden-Delicious", "Granny-Smith", "Pink-Lady")
FRUIT = (*APPLES, "Anjou", "Avocado", "Papaya", "Passion-Fruit", "Pineapple", "Plum", "Pomegranate", "Red-Grapefruit")
VEGETABLES = ("Asparagus", "Beef-Tomato", "Brown-Cap-Mushroom", "Cabbage", "Carrots", "Floury-Potato", "Garlic")
VEGETABLES = (*VEGETABLES, "Ginger", "Green-Bell-Pepper", "Red-Beet")
MILK = ("Alpro-Fresh-Soy-Milk", "Arla-Ecological-Medium-Fat-Milk", "Arla-Lactose-Medium-Fat-Milk")
MILK = (*MILK, "Arla-Medium-Fat-Milk", "Oatly-Oat-Milk")
JUICE = ("Bravo-Apple-Juice", "Bravo-Orange-Juice")
CARTONS = (*MILK, *JUICE, "Arla-Ecological-Sour-Cream", "Oatly-Natural-Oatghurt")

GOODS: Mapping[str, Sequence[str]] = {
    "clothes clothing garment apparel fashion": CLOTHES,
    "dress": ("dress",),
    "hat cap": ("hat",),
    "jacket coat outerwear": ("outwear",),
    "trousers pants jeans": ("pants",),
    "shirt": ("shirt", "t-shirt", "longsleeve"),
    "t-shirt": ("t-shirt",),
    "shoe shoes footwear sneakers": ("shoes",),
    "shorts": ("shorts",),
    "skirt": ("skirt",),
    "sweater": ("longsleeve",),
    "fruit": FRUIT,
    "vegetable vegetables": VEGETABLES,
    "apple apples": APPLES,
    "pear": ("Anjou",),
    "milk": MILK,
    "juice": JUICE,
    "carton drink beverage": CARTONS,
    "food groceries": (*FRUIT, *VEGETABLES, *CARTONS),
    "tomato": ("Beef-Tomato",),
    "mushroom": ("Brown-Cap-Mushroom",),
    "cabbage": ("Cabbage",),
    "carrot": ("Carrots",),
    "potato": ("Floury-Potato",),
    "garlic": ("Garlic",),
    "ginger": ("Ginger",),
    "pepper": ("Green-Bell-Pepper",),
    "pineapple": ("Pineapple",),
    "pomegranate": ("Pomegranate",),
    "grapefruit citrus": ("Red-Grapefruit",),
    "plum": ("Plum",),
    "papaya": ("Papaya",),
    "avocado": ("Avocado",),
    "beet": ("Red-Beet",),
    "asparagus": ("Asparagus",),
}
"""Words -> the groups of the labelled photographs that they mean."""

PETS = ("catdog", "pets_web")
DISHES = ("food_cn", "food_home", "food_my")
SOURCES: Mapping[str, Sequence[str]] = {
    "flower blossom bloom plant": ("flowers",),
    "pet animal mammal": PETS,
    "cat dog": ("catdog",),
    "food meal lunch cooking cuisine dinner": DISHES,
    "clothes clothing garment fashion shirt": ("garments", "magento", "packshots"),
    "drink beverage cocktail alcohol bar": ("drinks",),
    "tool workshop": ("handtools",),
    "house home room interior building furniture": ("houses",),
    "sky landscape weather sunset cloud nature": ("weather",),
    "receipt bill document": ("receipts",),
    "texture pattern fabric": ("dtd10",),
    "vehicle traffic transport car train": ("voc2007",),
    "bottle": ("bottles", "drinks"),
    "electronics gadget device": ("jumia", "officecaltech"),
    "office computer": ("office_items", "officecaltech"),
    "appliance toaster": ("homegoods",),
    "card": ("cards",),
    "jewellery coin pottery antique sculpture": ("antiques",),
    "website screenshot": ("screens_aws", "screens_contoso"),
    "garbage rubbish litter": ("trashnet",),
}
"""Words -> the sources of photographs that show what they mean, as a rule: each source has something of others."""


@dataclass(frozen=True)
class Set:
    """Photographs with words for them. Compared by identity: it holds arrays."""

    name: str
    words: Mapping[str, Sequence[str]]
    groups: npt.NDArray[np.str_]
    """(N,)"""
    vectors: Array
    """(N, D) of unit length."""
    labels: Sequence[Sequence[tuple[str, float]]]
    """Of each photograph: the model's labels with their scores."""


@dataclass(frozen=True)
class Found:
    """How well words find, over all of a set's words."""

    precision: float
    """Mean average precision."""
    first_ten: float
    """Share of the first ten that are right."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--groups", type=int, help="take the first groups of the labelled photographs only")
    parser.add_argument("--each", type=int, default=100, help="photographs of each other source (%(default)s)")
    parser.add_argument(
        "--keep", type=Path, help="folder for what the model makes of pictures; a later run goes on there"
    )
    parser.add_argument("--wordnet", type=Path, help="to measure kinship alone; see frontend/models/words/README.md")
    parser.add_argument("--minilm", type=Path, help="to measure similarity alone, in the same way")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    network = NativeModel(BUNDLED, options.keep)
    data = (BUNDLED / NAME).read_bytes()
    table = read_table(data)
    sets = [_goods(network, options.groups), _sources(network, options.each)]
    ways = _ways(options, table, network.labels, sets)
    return Report(
        title="Words",
        introduction=[
            "Plain words search among photographs of which is known what they show. Average precision says how early"
            " the right ones come, 1 at best; what a way does not find comes last, in random order. Labels as text: the"
            " word or its beginning is in one of the five labels that the model gives a photograph, the likeliest first"
            " (so it was before words had a meaning). The others rank by the cosine to a vector made of class weights.",
            f"The table has {len(table.weights):,} words in {len(data):,} bytes, of which the classes' directions are"
            f" {table.directions.size // 2:,} before compression.",
        ],
        tables=[*(_compared(one, ways) for one in sets), _chance(sets, table), _words(sets, table)],
        machine=machine,
        command=f"python -m tests.benchmarks words --each {options.each}"
        + (" --wordnet WORDNET --minilm MINILM" if options.wordnet and options.minilm else ""),
    )


def _goods(network: NativeModel, groups: int | None) -> Set:
    pictures = labelled(groups)
    inputs = (squeezed(File(picture.path.read_bytes()), network.spec) for picture in pictures)
    return _seen("Labelled photographs: clothes and groceries", GOODS, [one.group for one in pictures], network, inputs)


def _sources(network: NativeModel, each: int) -> Set:
    wanted = {source for sources in SOURCES.values() for source in sources}
    pictures = list(_from_shards(wanted, each))
    inputs = (_input(content, network.spec) for _, content in pictures)
    name = "Photographs of many sources"
    return _seen(name, SOURCES, [source for source, _ in pictures], network, inputs)


def _from_shards(wanted: set[str], each: int) -> Iterator[tuple[str, bytes]]:
    """Return the first photographs of each source: its name and a JPEG."""
    shards = sorted(TRAIN.glob("*.tar"))
    if not shards:
        raise FileNotFoundError(NO_PHOTOGRAPHS)
    counts: dict[str, int] = defaultdict(int)
    for shard in shards:
        with tarfile.open(shard) as archive:
            for member in archive:
                source = member.name.split("/")[0]
                if member.isfile() and source in wanted and counts[source] < each:
                    counts[source] += 1
                    file = archive.extractfile(member)
                    assert file is not None
                    yield source, file.read()


def _input(content: bytes, spec: InputSpec) -> ModelInput:
    return to_model_input(Pixels(np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))), spec)


def _seen(
    name: str,
    words: Mapping[str, Sequence[str]],
    groups: Sequence[str],
    network: NativeModel,
    inputs: Iterator[ModelInput],
) -> Set:
    seen = network.see(inputs)
    there = set(groups)
    asked = {line: kinds for line, kinds in words.items() if there & set(kinds)}
    labels = [top_labels(Logits(logits), network.labels) for logits in seen.logits]
    return Set(name, asked, np.array(groups), seen.vectors, labels)


def _ways(
    options: argparse.Namespace, table: WordTable, labels: Sequence[str], sets: Sequence[Set]
) -> Mapping[str, Callable[[Set], Score]]:
    ways: dict[str, Callable[[Set], Score]] = {"labels as text": _by_labels}
    if options.wordnet and options.minilm:
        net, model = wordnet.read(options.wordnet), MiniLM(options.minilm)
        synsets = list(synsets_of(labels, net).values())
        kinship, lies = Kinship(net, synsets), directions(BUNDLED)[list(synsets_of(labels, net))]

        def related(word: str) -> Array:
            return kinship.of(next(iter(table.known(word)), word))

        asked = list(dict.fromkeys(word for one in sets for word, _ in _each(one)))
        cosines = dict(zip(asked, similarities(asked, [net.synsets[offset] for offset in synsets], model), strict=True))

        def alike(word: str) -> Array:
            return similar(cosines[word])

        ways["kinship (WordNet)"] = lambda one: _by_weights(one, related, lies)
        ways["similarity (MiniLM)"] = lambda one: _by_weights(one, alike, lies)
        ways["both"] = lambda one: _by_weights(one, lambda word: related(word) + alike(word), lies)
    ways["the table"] = lambda one: lambda word: _cosines(one, table.vector(word))
    return ways


def _by_labels(one: Set) -> Score:
    spoken = [[(words_in(fold(name)), score) for name, score in labels] for labels in one.labels]

    def score(word: str) -> Array | None:
        scores = np.array(
            [
                max((score for parts, score in labels if any(part.startswith(word) for part in parts)), default=0.0)
                for labels in spoken
            ],
            dtype=np.float32,
        )
        return scores if scores.any() else None

    return score


def _by_weights(one: Set, weights: Callable[[str], Array], lies: Array) -> Score:
    return lambda word: _cosines(one, weights(word) @ lies)


def _cosines(one: Set, vector: Array | None) -> Array | None:
    if vector is None or not vector.any():
        return None
    return one.vectors @ unit(vector[np.newaxis].astype(np.float32))[0]


def _each(one: Set) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Return each word of a set with which photographs it means."""
    for line, kinds in one.words.items():
        for word in line.split():
            yield word, np.isin(one.groups, list(kinds))


def measure(one: Set, score: Score) -> Found:
    """Let each word search."""
    random = np.random.default_rng(1)
    figures = [_found(score(word), meant, random) for word, meant in _each(one)]
    return Found(*(float(np.mean(column)) for column in zip(*figures, strict=True)))


def _found(scores: Array | None, meant: npt.NDArray[np.bool_], random: np.random.Generator) -> tuple[float, float]:
    """Return average precision and the share of the first ten that are right; ties are in random order."""
    mixed = random.permutation(len(meant))
    known = np.zeros(len(meant), dtype=np.float32) if scores is None else scores
    right = meant[mixed][np.argsort(-known[mixed], kind="stable")]
    precisions = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precisions[right].mean()), float(right[:10].mean())


def _compared(one: Set, ways: Mapping[str, Callable[[Set], Score]]) -> Table:
    found = {name: measure(one, way(one)) for name, way in ways.items()}
    count = sum(len(line.split()) for line in one.words)
    return Table(
        one.name,
        ["way", "mean average precision", "right among the first ten"],
        [[name, figures.precision, figures.first_ten] for name, figures in found.items()],
        [f"{count} words, {len(one.groups):,} photographs in {len(set(one.groups))} groups."],
    )


def _chance(sets: Sequence[Set], table: WordTable) -> Table:
    rows: list[list[Cell]] = []
    for one in sets:
        others, right = [], []
        for word, meant in _each(one):
            cosines = _cosines(one, table.vector(word))
            if cosines is not None:
                others.append(cosines[~meant])
                right.append(cosines[meant])
        quantiles = np.quantile(np.concatenate(others), [0.5, 0.95, 0.99, 0.999])
        rows.append(
            [one.name, *map(float, quantiles), *map(float, np.quantile(np.concatenate(right), [0.25, 0.5, 0.75]))]
        )
    return Table(
        "What chance reaches",
        ["photographs", "p50", "p95", "p99", "p99.9", "right: p25", "p50", "p75"],
        rows,
        [
            "Cosines of photographs that do not show what a word means to the word's vector, and of those that do. p99"
            " of the many sources, rounded up, is `weakest_cosine` in the manifest: below it a photograph is not shown"
            " for a word."
        ],
    )


def _words(sets: Sequence[Set], table: WordTable) -> Table:
    random = np.random.default_rng(1)
    rows: list[list[Cell]] = []
    for one in sets:
        by_labels = _by_labels(one)
        for word, meant in _each(one):
            before, after = by_labels(word), _cosines(one, table.vector(word))
            figures = [_found(scores, meant, random)[0] for scores in (before, after)]
            rows.append([word, "" if table.known(word) else "no", float(meant.mean()), *figures])
    return Table("Each word", ["word", "in the table", "chance", "labels as text", "the table"], rows)
