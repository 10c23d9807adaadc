"""Suggests tags and labels of a library while somebody types, from their counts in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache

from .people_text import fold, order_key, words
from .ports import ImageIndex
from .values import Named

# How many names are kept as they are compared: far more than a library has. A guess.
NAMES = 100_000

# How many labels a word finds. ImageNet has 118 of dogs, none of which says so.
MOST_LABELS = 32


class Vocabulary:
    """Names with their counts, the commonest first."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        ordered = sorted(counts.items(), key=lambda item: (-item[1], order_key(item[0]), item[0]))
        self._names = [(_spoken(name), Named(name, count)) for name, count in ordered]

    def beginning(self, text: str, limit: int) -> Sequence[Named]:
        """Return the commonest names of which a word begins with this text; the commonest of all if it is empty."""
        wanted = _spoken(text)
        if text.strip() and not wanted:
            return []
        found: list[Named] = []
        for spoken, named in self._names:
            if wanted in spoken:
                found.append(named)
                if len(found) == limit:
                    break
        return found

    def spelled(self, text: str) -> tuple[str, ...]:
        """Return the names that are this text, whatever case and accents."""
        wanted = _spoken(text)
        return tuple(named.name for spoken, named in self._names if wanted and spoken == wanted)


class Suggestions:
    """The vocabularies of a library, read anew when it has changed."""

    def __init__(self, index: ImageIndex) -> None:
        self._index = index
        self._marker: str | None = None
        self._tags = Vocabulary({})
        self._labels = Vocabulary({})
        self._reading = asyncio.Lock()

    async def beginning(self, text: str, limit: int) -> tuple[Sequence[Named], Sequence[Named]]:
        """Return the commonest tags, and the commonest labels, of which a word begins with this text."""
        await self._read()
        return self._tags.beginning(text, limit), self._labels.beginning(text, limit)

    async def tags_spelled(self, text: str) -> tuple[str, ...]:
        """Return the tags that are this text, whatever case and accents."""
        await self._read()
        return self._tags.spelled(text)

    async def labels(self, text: str) -> tuple[str, ...]:
        """Return the commonest labels of which a word begins with this text."""
        await self._read()
        return tuple(named.name for named in self._labels.beginning(text, MOST_LABELS)) if text.strip() else ()

    async def _read(self) -> None:
        async with self._reading:  # One reading serves all who type meanwhile.
            # Before the names, so that names newer than the marker are read once more, and never taken for older ones.
            marker = (await self._index.state()).marker
            if marker != self._marker:
                tags, labels = await self._index.names()
                self._tags, self._labels, self._marker = Vocabulary(tags), Vocabulary(labels), marker


@lru_cache(maxsize=NAMES)
def _spoken(name: str) -> str:
    """Return the words of a name as they are compared, each after a space; empty without any."""
    return "".join(f" {word}" for word in words(fold(name)))
