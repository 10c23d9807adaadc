"""
MiniLM, a small sentence model, in numpy: texts to vectors that are near to each other when the texts mean the like.

    MiniLM(folder).embed(texts) -> (N, 384) float32 of unit length

The folder has model.safetensors, config.json and vocab.txt as published for all-MiniLM-L6-v2. It is used when the table
of words is built, and never in the browser. Source: Devlin et al., BERT, 2018, appendix A.2; transformers' BertModel.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

# Longer texts are cut: the longest gloss of a class has some 80.
LONGEST_TOKENS = 96

# Texts that are computed at once: more do not fit into a processor's cache.
AT_ONCE = 64

_WORDS = re.compile(r"\w+|[^\w\s]")


class MiniLM:
    """The model, read from its folder."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        self._weights = read_safetensors(folder / "model.safetensors")
        self._layers: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        self._numbers = {token: number for number, token in enumerate(vocabulary) if token}

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the model knows, among them the common words of English."""
        return self._numbers.keys()

    def embed(self, texts: Sequence[str]) -> Array:
        """Return the vectors of texts: the mean over their tokens, at unit length."""
        tokens = [self.tokens(text) for text in texts]
        vectors = np.zeros((len(texts), self._weights["embeddings.word_embeddings.weight"].shape[1]), dtype=np.float32)
        # Texts of one length together, so that none has to be padded.
        for length in sorted({len(numbers) for numbers in tokens}):
            of_length = [at for at, numbers in enumerate(tokens) if len(numbers) == length]
            for start in range(0, len(of_length), AT_ONCE):
                some = of_length[start : start + AT_ONCE]
                vectors[some] = self._encode(np.array([tokens[at] for at in some])).mean(axis=1)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def tokens(self, text: str) -> list[int]:
        """Split a text into the numbers of its pieces of words, the longest first, between [CLS] and [SEP]."""
        decomposed = unicodedata.normalize("NFD", text.lower())
        plain = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
        pieces = [piece for word in _WORDS.findall(plain) for piece in self._pieces(word)]
        return [self._numbers[token] for token in ("[CLS]", *pieces[: LONGEST_TOKENS - 2], "[SEP]")]

    def _pieces(self, word: str) -> Iterator[str]:
        pieces = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self._numbers), None)
            if end is None:
                yield "[UNK]"
                return
            pieces.append(prefix + word[start:end])
            start = end
        yield from pieces

    def _encode(self, numbers: npt.NDArray[np.int64]) -> Array:
        """Numbers of tokens, (N, T), to a vector for each, (N, T, D)."""
        weights = self._weights
        embedded = (
            weights["embeddings.word_embeddings.weight"][numbers]
            + weights["embeddings.position_embeddings.weight"][: numbers.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._normed(embedded, "embeddings.LayerNorm")
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            attended = self._linear(self._attention(x, f"{name}.attention.self"), f"{name}.attention.output.dense")
            x = self._normed(x + attended, f"{name}.attention.output.LayerNorm")
            inner = _gelu(self._linear(x, f"{name}.intermediate.dense"))
            x = self._normed(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return x

    def _attention(self, x: Array, name: str) -> Array:
        count, length, width = x.shape
        query, key, value = (
            self._linear(x, f"{name}.{part}").reshape(count, length, self._heads, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width / self._heads))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return (shares @ value).transpose(0, 2, 1, 3).reshape(count, length, width)

    def _linear(self, x: Array, name: str) -> Array:
        product = x.reshape(-1, x.shape[-1]) @ self._weights[f"{name}.weight"].T
        return (product + self._weights[f"{name}.bias"]).reshape(*x.shape[:-1], -1)

    def _normed(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._epsilon)
        return centred / deviation * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def read_safetensors(path: Path) -> dict[str, Array]:
    """Read the float32 tensors of a file: its header's length in 8 bytes, the header in JSON, the values."""
    # Copied, because in the file they are not aligned, and numpy multiplies such values twenty times as slowly.
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header, values = json.loads(data[8:begin]), memoryview(data)[begin:]
    return {
        name: np.frombuffer(values[slice(*facts["data_offsets"])], dtype="<f4").reshape(facts["shape"]).copy()
        for name, facts in header.items()
        if facts.get("dtype") == "F32"
    }


def _gelu(x: Array) -> Array:
    """Return x times the share of a normal distribution below it; erf within 1.5e-7: Abramowitz and Stegun, 7.1.26."""
    scaled = np.abs(x) / np.float32(np.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-(scaled**2)))
    return (x * (1 + erf) / 2).astype(np.float32)
