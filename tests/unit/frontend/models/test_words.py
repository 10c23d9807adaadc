"""The making of the table of words: WordNet's files, classes as synsets, and which classes words have to do with."""

import json
from pathlib import Path

import numpy as np
import pytest

from frontend.models.words.classes import synsets_of
from frontend.models.words.minilm import MiniLM, read_safetensors
from frontend.models.words.vocabulary import choose, with_plurals
from frontend.models.words.weights import Kinship, describe, similar
from frontend.models.words.wordnet import WordNet, read

LICENCE = "  1 This software and database is being provided to you\n"

# Offset, kind, words, parents, gloss.
SYNSETS = [
    (1, 3, ["entity"], [], "that which is perceived"),
    (2, 5, ["animal"], [1], "a living organism"),
    (3, 5, ["dog", "domestic_dog"], [2], 'a member of the genus Canis; "the dog barked"'),
    (4, 5, ["beagle"], [3], "a small hound"),
    (5, 5, ["pug", "pug-dog"], [3], "small compact breed"),
    (6, 5, ["crane"], [2], "large wading bird"),
    (7, 6, ["machine"], [1], "a device"),
    (8, 6, ["crane"], [7], "lifts heavy objects"),
    (9, 6, ["lathe"], [7], "turns wood"),
    (10, 6, ["drill"], [7], "makes holes"),
    (11, 13, ["dog", "frankfurter"], [1], "a sausage"),
    (12, 7, ["red", "redness"], [15], "a colour"),
    (13, 5, ["mongrel"], [3], "a dog of mixed breed"),
    (14, 18, ["Crane"], [], "a poet"),
    (15, 7, ["color"], [1], "what light is seen as"),
    (16, 6, ["red"], [7], "a machine that is red"),
]


@pytest.fixture
def net(tmp_path: Path) -> WordNet:
    lines = []
    senses: dict[str, list[int]] = {}
    for offset, kind, words, parents, gloss in SYNSETS:
        named = " ".join(f"{word} 0" for word in words)
        above = " ".join(f"@ {parent:08} n 0000" for parent in parents)
        lines.append(f"{offset:08} {kind:02} n {len(words):02x} {named} {len(parents):03} {above} | {gloss}  ")
        for word in words:
            senses.setdefault(word.lower(), []).append(offset)
    index = [
        f"{word} n {len(offsets)} 1 @ {len(offsets)} 0 " + " ".join(f"{offset:08}" for offset in offsets)
        for word, offsets in senses.items()
    ]
    (tmp_path / "data.noun").write_text(LICENCE + "\n".join(lines) + "\n")
    (tmp_path / "index.noun").write_text(LICENCE + "\n".join(index) + "\n")
    (tmp_path / "noun.exc").write_text("mongrels mongrel\nlathen lathe\nbrethren brother\n")
    (tmp_path / "cntlist.rev").write_text("dog%1:05:00:: 1 42\ndog%2:38:00:: 1 9\n")
    return read(tmp_path)


CLASSES = ["background", "beagle", "pug, pug-dog", "crane", "lathe", "crane", "drill"]


def test_wordnet_files(net: WordNet) -> None:
    """Synsets have their words, parents and definitions; counts are those of nouns alone."""
    dog = net.synsets[3]

    assert (dog.words, dog.parents, dog.kind) == (("dog", "domestic dog"), (2,), 5)
    assert dog.definition == "a member of the genus Canis"
    assert net.senses["dog"] == [3, 11]
    assert net.counts == {("dog", 1): 42}
    assert net.ancestors(4) == {4: 0, 3: 1, 2: 2, 1: 3}
    assert describe(dog) == "dog: a member of the genus Canis"


def test_classes_with_the_same_words(net: WordNet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two synsets with the words of a label, the one is meant that is of the kind of the labels around it."""
    monkeypatch.setattr("frontend.models.words.classes.NEIGHBOURS", 2)
    assert synsets_of(CLASSES, net) == {1: 4, 2: 5, 3: 6, 4: 9, 5: 8, 6: 10}


def test_kinship(net: WordNet) -> None:
    """A word counts for all classes below its senses, the commonest most; too general ones say nothing."""
    kinship = Kinship(net, [4, 5, 6, 9, 8, 10])

    assert kinship.of("dog") == pytest.approx([2**-0.5, 2**-0.5, 0, 0, 0, 0], abs=0.01)
    assert np.flatnonzero(kinship.of("crane")).tolist() == [2, 4]
    assert np.flatnonzero(kinship.of("mongrel")).tolist() == [0, 1]
    assert not kinship.of("unheard").any()


def test_general_words(net: WordNet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word above too many classes says nothing of them."""
    monkeypatch.setattr("frontend.models.words.weights.MOST_BELOW", 3)
    kinship = Kinship(net, [4, 5, 6, 9, 8, 10])

    assert kinship.of("animal").any()
    assert not kinship.of("entity").any()


def test_persons_have_no_kin(net: WordNet) -> None:
    """What persons have in common is not to be seen, so no class is looked for above one."""
    assert not np.any(Kinship(net, [12]).of("poet"))
    assert np.flatnonzero(Kinship(net, [14, 4]).of("beagle")).tolist() == [1]


def test_similarity_counts_above_the_others() -> None:
    """Only the most similar classes count, by how much they are above the rest."""
    cosines = np.linspace(0, 1, 101, dtype=np.float32)

    weights = similar(cosines)

    assert np.count_nonzero(weights) == 40
    assert weights[100] / weights[61] == pytest.approx(40, rel=1e-3)


def test_which_words_are_chosen(net: WordNet) -> None:
    """Common words of things are, those of colours and rare phrases are not, those of classes always."""
    chosen = choose(net, [4, 5, 8], {"dog", "crane", "red", "lathe", "frankfurter"})

    assert {"dog", "crane", "lathe", "beagle", "pug-dog", "animal", "mongrel"} <= set(chosen)
    assert not {"red", "redness"} & set(chosen)
    assert with_plurals(chosen, net) == {"mongrels": "mongrel", "lathen": "lathe"}


def write_safetensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, values in tensors.items():
        begin = len(data)
        data += values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@pytest.fixture
def model(tmp_path: Path) -> MiniLM:
    """A model of the same make with random weights, one layer, two heads and eight values."""
    rng = np.random.default_rng(3)
    width, inner, vocabulary = 8, 16, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "dog", "##s", "hot", "-"]
    shapes = {
        "embeddings.word_embeddings.weight": (len(vocabulary), width),
        "embeddings.position_embeddings.weight": (96, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "encoder.layer.0.intermediate.dense.weight": (inner, width),
        "encoder.layer.0.intermediate.dense.bias": (inner,),
        "encoder.layer.0.output.dense.weight": (width, inner),
        "encoder.layer.0.output.dense.bias": (width,),
    }
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        shapes[f"encoder.layer.0.attention.{part}.weight"] = (width, width)
        shapes[f"encoder.layer.0.attention.{part}.bias"] = (width,)
    for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
        shapes[f"{name}.LayerNorm.weight"] = shapes[f"{name}.LayerNorm.bias"] = (width,)
    write_safetensors(tmp_path / "model.safetensors", {name: rng.normal(size=size) for name, size in shapes.items()})
    (tmp_path / "config.json").write_text(
        '{"num_hidden_layers": 1, "num_attention_heads": 2, "layer_norm_eps": 1e-12, "hidden_size": 8}'
    )
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    return MiniLM(tmp_path)


def test_pieces_of_words(model: MiniLM) -> None:
    """Words are split into the longest pieces that the model knows, accents and case aside."""
    assert model.tokens("Hot-DÖGs dogs?") == [2, 6, 7, 4, 5, 4, 5, 1, 3]
    assert model.tokens("cat") == [2, 1, 3]


def test_texts_of_several_lengths(model: MiniLM) -> None:
    """Each text has the vector that it has alone, of unit length."""
    texts = ["dog", "hot dogs", "hot", "dogs"]

    together = model.embed(texts)

    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert model.embed([text])[0] == pytest.approx(vector, abs=1e-5)


def test_model_against_pytorch(model: MiniLM, tmp_path: Path) -> None:
    """The layer is that of PyTorch's own encoder with the same weights."""
    torch = pytest.importorskip("torch")
    weights = {
        name: torch.from_numpy(array) for name, array in read_safetensors(tmp_path / "model.safetensors").items()
    }
    layer = torch.nn.TransformerEncoderLayer(
        8, 2, 16, dropout=0, activation="gelu", layer_norm_eps=1e-12, batch_first=True
    )
    name = "encoder.layer.0"
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    state = {
        "self_attn.in_proj_weight": torch.cat([weights[f"{part}.weight"] for part in parts]),
        "self_attn.in_proj_bias": torch.cat([weights[f"{part}.bias"] for part in parts]),
    }
    ours = {
        "self_attn.out_proj": "attention.output.dense",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm1": "attention.output.LayerNorm",
        "norm2": "output.LayerNorm",
    }
    for theirs, our in ours.items():
        for kind in ("weight", "bias"):
            state[f"{theirs}.{kind}"] = weights[f"{name}.{our}.{kind}"]
    layer.load_state_dict(state)
    numbers = torch.tensor([model.tokens("hot dogs")])
    embedded = (
        weights["embeddings.word_embeddings.weight"][numbers]
        + weights["embeddings.position_embeddings.weight"][: numbers.shape[1]]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"], 1e-12)
    with torch.no_grad():
        expected = layer.eval()(torch.nn.functional.layer_norm(embedded, (8,), *norm)).mean(dim=1)[0].numpy()

    assert model.embed(["hot dogs"])[0] == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)
