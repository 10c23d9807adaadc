"""
The catalogue: upload and search, read from top to bottom.

Upload: `begin_upload` issues a ticket and signed addresses, and the browser sends the files straight to the store.
`register` then checks the store against the ticket and writes one row. Search: `search` returns the nearest images.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from .duplicates import marked, stacked
from .errors import (
    ImageNotFound,
    ObjectMissing,
    RowDamaged,
    SpaceMismatch,
    TicketInvalid,
    TicketUsed,
    TooManyAttributes,
    TypeMismatch,
    UnsupportedType,
    UploadIncomplete,
    UploadTooLarge,
)
from .examples import combine, drawn_to
from .file_types import FIRST_BYTES, IMAGE_TYPES, begins_like
from .hidden_hubs import HiddenHubs
from .hubs import HubGate
from .merging import merged, undoing
from .months import by_month
from .object_keys import original_key, thumbnail_key
from .ports import ImageIndex, ObjectStore, OtherSpaces
from .ranking import best_of, fuse
from .spaces import EmbeddingSpace
from .suggestions import Suggestions
from .tickets import Ticket, TicketOffice
from .values import (
    MAX_ATTRIBUTES,
    Change,
    Declaration,
    Description,
    Filters,
    ImageID,
    ImageRecord,
    Label,
    LibraryState,
    Links,
    Looks,
    Match,
    MonthCount,
    Named,
    ObjectFacts,
    Page,
    PerceptualHash,
    Position,
    Sort,
    TakenSource,
    Upload,
    Vector,
    Wording,
    clock_ms,
    created_at,
    new_image_id,
)
from .vectors import same
from .word_search import WordSearch

# The page's thumbnails, JPEGs of at most 384 pixels, have some 20 KB; one of pure noise has 99 (measured). The limit
# leaves room for other clients' PNGs, and keeps a page of a hundred thumbnails light.
MAX_THUMBNAIL_BYTES = 256 * 1024

# Vectors of a sample that are read at once: some 0.5 MB if they have 512 values.
SAMPLE_PIECE = 500

VectorRows = tuple[Sequence[ImageID], npt.NDArray[np.float16]]
"""N images, and their vectors: (N, D) float16."""


@dataclass(frozen=True)
class Limits:
    """Limits that the operator sets."""

    max_upload_bytes: int
    ticket_expires_s: int
    keeps_coordinates: bool
    """Whether it is kept where photos were taken."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Catalogue:
    """The images of one embedding space."""

    def __init__(
        self,
        space: EmbeddingSpace,
        index: ImageIndex,
        others: OtherSpaces,
        store: ObjectStore,
        tickets: TicketOffice,
        limits: Limits,
        gate: HubGate,
        hubs: HiddenHubs,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.space = space
        self._index = index
        self._others = others
        self._store = store
        self._tickets = tickets
        self.limits = limits
        self.gate = gate
        self._hubs = hubs
        self._now = now
        self._suggestions = Suggestions(index)
        self._words = WordSearch(index, hubs, self._suggestions, space.words and space.words.weakest_cosine)

    # Upload

    async def begin_upload(self, declaration: Declaration) -> Upload | ImageRecord:
        """
        Issue a ticket, or return the image that has the same original, so that nothing is sent twice.

        Raises:
            UnsupportedType: Original or thumbnail is not one of IMAGE_TYPES.
            UploadTooLarge: Original or thumbnail is over its limit.
        """
        self._check(declaration)
        known = await self._index.find(declaration.original.sha256)
        return known or self._grant(declaration)

    async def register(
        self, image_id: str, ticket_text: str, vector: Vector, description: Description
    ) -> tuple[ImageRecord, bool]:
        """
        Write the row of an uploaded image. Idempotent.

        Returns:
            The image, and whether this call made it. If an image with the same original was registered meanwhile, that
            one is returned; if one waits in another space, that one is re-embedded with the title and tags it had. The
            objects just uploaded then become orphans: deleted now, they might belong to a row that another server is
            about to write for the same ticket.

        Raises:
            TicketInvalid: The ticket was altered or is for another image.
            TicketExpired: The ticket has expired.
            TicketUsed: The image is registered with another vector.
            TicketRevoked: The image was deleted.
            UploadIncomplete: Original or thumbnail is missing in the store, or differs from what was declared.
            TypeMismatch: The first bytes of original or thumbnail contradict its type.
            HubVector: The vector is near too many unrelated images.
        """
        ticket = self._tickets.read(ticket_text, self._now())
        if ticket.id != image_id:
            raise TicketInvalid("The ticket is for another image.")
        await self._check_uploaded(ticket)
        await self._check_types(ticket)
        self.gate.check(vector)
        wanted = await self._wanted(ticket, self._to_keep(description))
        record, made = await self._index.add(wanted, vector)
        if record.id == ticket.id and not made:
            await self._check_repeated(record, vector)
        return record, made and record.id == ticket.id

    # Search

    async def search(self, looks: Looks, words: Wording, limit: int, filters: Filters) -> Sequence[Match]:
        """
        Return up to `limit` images that pass the filters, best first, and say which are versions of the same picture.

        Hidden hubs are found by words, and by vectors only if they are truly alike.

        Args:
            looks: What they should look like, and what not. Images named there are left out of the result.
            words: May be empty if `looks` is not. Alone they find by the rule in word_search.py. With both, what the
                words mean is added to the direction in which to search ('this, but a dress'), and that ranking is fused
                with the one of images that have the words, so an image is found by either; its score is its likeness
                to the photos alone.

        Raises:
            ImageNotFound: No image has one of the ids.
            InvalidVector: The examples cancel each other out.
        """
        examples = (*looks.more, *looks.less, *looks.any_of)
        without: list[ImageID] = [example for example in examples if isinstance(example, str)]
        if not looks.more:
            return stacked(await self._words.search(words, limit, filters))
        vectors, fingerprint = await asyncio.gather(self._query_vectors(looks), self._fingerprint(looks))
        if words.text:
            found, cosines = await self._search_both(vectors, words, limit, filters, without)
        else:
            found, cosines = await self._nearest(vectors, limit, filters, without)
        one_picture = len(looks.more) == 1 and not looks.less
        return stacked(marked(found, cosines if one_picture else {}, fingerprint))

    async def searched(self, filters: Filters) -> int:
        """
        Return among how many images a search with these filters looks, at most.

        Conditions on attributes are left out: counting with them would take as long as the search.
        """
        return await self._index.count(replace(filters, attributes=()))

    # The rest

    async def page(self, limit: int, sort: Sort, after: Position | None, filters: Filters, skip: int = 0) -> Page:
        """List the images that pass the filters, in this order, starting `skip` images after the position."""
        images, total = await asyncio.gather(
            self._index.page(limit + 1, sort, after, filters, skip), self._index.count(filters)
        )
        shown = tuple(images[:limit])
        return Page(shown, position(shown[-1], sort) if len(images) > limit else None, total)

    async def sample(self, limit: int, filters: Filters) -> tuple[int, AsyncIterator[VectorRows]]:
        """
        Draw up to `limit` of the images that pass the filters, see `ImageIndex.draw`.

        Returns:
            How many pass the filters, and the vectors drawn, in pieces so that memory stays flat. Images deleted
            meanwhile are left out.
        """
        image_ids, total = await self._index.draw(limit, filters)
        return total, self._vectors_of(image_ids)

    async def count(self) -> int:
        """Return the number of images."""
        return await self._index.count(Filters())

    async def state(self) -> LibraryState:
        """Return number and marker of the images, see `ImageIndex.state`."""
        return await self._index.state()

    async def months(self, sort: Sort, filters: Filters, offset_min: int) -> Sequence[MonthCount]:
        """
        Count the images that pass the filters by month, in an order by time.

        Args:
            offset_min: How many minutes the local time in whose months images were added is ahead of UTC. The months in
                which they were taken are those of the clock there.
        """
        if sort.column == "taken":
            return by_month(await self._index.taken(filters), 0, sort.descending)
        return by_month(await self._index.created(filters), offset_min, sort.descending)

    async def proportions(self, sort: Sort, filters: Filters) -> npt.NDArray[np.int16]:
        """Return the proportions, see proportions.py, of the images that pass the filters, in this order: (N,)."""
        return await self._index.proportions(sort, filters)

    async def place(self, image_id: ImageID, sort: Sort, filters: Filters) -> tuple[int | None, int]:
        """
        Return how many images come before one in the list of those that pass the filters, in this order.

        Returns:
            That number, None if the image does not pass, and the number of all that pass.

        Raises:
            ImageNotFound: No image has this id.
        """
        here = position(await self.get(image_id), sort)
        if filters.ids and image_id not in filters.ids:
            return None, await self._index.count(filters)
        total, after, passes = await asyncio.gather(
            self._index.count(filters),
            self._index.count_after(sort, here, filters),
            self._index.count(replace(filters, ids=(image_id,))),
        )
        return (max(total - after - 1, 0) if passes else None), total

    async def suggest(self, beginning: str, limit: int) -> tuple[Sequence[Named], Sequence[Named]]:
        """Return the commonest tags, and the commonest labels, of which a word begins with this text."""
        return await self._suggestions.beginning(beginning, limit)

    async def get(self, image_id: ImageID) -> ImageRecord:
        """
        Return one image.

        Raises:
            ImageNotFound: No image has this id.
        """
        record = await self._index.get(image_id)
        if record is None:
            raise ImageNotFound(image_id)
        return record

    async def change(self, image_id: ImageID, change: Change) -> ImageRecord:
        """
        Change an image's description, and return the new record.

        Raises:
            ImageNotFound: No image has this id.
            TooManyAttributes: It would have more than MAX_ATTRIBUTES. (Two concurrent changes may together exceed it.)
        """
        _check_attributes(await self.get(image_id), change)
        record = await self._index.change(image_id, change)
        if record is None:
            raise ImageNotFound(image_id)
        # In the other spaces too, so that going back to an earlier model loses no change.
        await self._others.change(image_id, change)
        return record

    async def merge(self, image_id: ImageID, others: Sequence[ImageID]) -> tuple[ImageRecord, Change]:
        """
        Add to an image what only others say: tags, attributes, and a title if it has none, as far as the limits allow.

        The others stay as they are; those that do not exist count as saying nothing.

        Returns:
            The new record, and the change that undoes it.

        Raises:
            ImageNotFound: No image has this id.
        """
        before = await self.get(image_id)
        found = await self._index.page(len(others), Sort.OLDEST, None, Filters(ids=tuple(others)))
        by_id = {image.id: image.description for image in found}
        change = merged([before.description, *(by_id[other] for other in others if other in by_id)])
        return await self.change(image_id, change), undoing(before.description, change)

    async def delete(self, image_id: ImageID) -> None:
        """
        Delete an image: first its rows, so that no search finds it any more, then its objects.

        A crash in between leaves objects without a row, which are swept as orphans, and never a row without objects.
        Rows of other spaces go first, so that none is left once the tombstone is written.

        Raises:
            ImageNotFound: No image of any space has this id.
        """
        # By id only: nothing else of a damaged row can be read.
        if not await self._index.registered([image_id]):
            raise ImageNotFound(image_id)
        await self._others.delete([image_id])
        await self._index.delete([image_id])
        await self._remove_objects(image_id)
        await self._hubs.forget(image_id)

    def links(self, image_id: ImageID) -> Links:
        """Sign the addresses of an image's two objects."""
        # Asked for first, so that it never promises more than the addresses hold.
        expire = self._store.presigned_until()
        original, thumbnail = original_key(image_id), thumbnail_key(image_id)
        return Links(self._store.presign_get(original), self._store.presign_get(thumbnail), expire)

    def check_space(self, space: str) -> None:
        """
        Check that a request is meant for this space.

        Raises:
            SpaceMismatch: It names another one.
        """
        if space != self.space.id:
            raise SpaceMismatch(self.space.id, space)

    def _check(self, declaration: Declaration) -> None:
        _check_part("original", declaration.original, self.limits.max_upload_bytes)
        _check_part("thumbnail", declaration.thumbnail, MAX_THUMBNAIL_BYTES)

    def _grant(self, declaration: Declaration) -> Upload:
        now = self._now()
        expires = (now + timedelta(seconds=self.limits.ticket_expires_s)).replace(microsecond=0)
        image_id = new_image_id(now)
        return Upload(
            id=image_id,
            ticket=self._tickets.issue(Ticket(image_id, expires, declaration)),
            expires=expires,
            original=self._store.presign_put(original_key(image_id), declaration.original, expires),
            thumbnail=self._store.presign_put(thumbnail_key(image_id), declaration.thumbnail, expires),
        )

    async def _check_uploaded(self, ticket: Ticket) -> None:
        original, thumbnail = await asyncio.gather(
            self._store.head(original_key(ticket.id)), self._store.head(thumbnail_key(ticket.id))
        )
        parts = {
            "original": (original, ticket.declaration.original),
            "thumbnail": (thumbnail, ticket.declaration.thumbnail),
        }
        missing = [name for name, (found, _) in parts.items() if found is None]
        different = [name for name, (found, expected) in parts.items() if found not in (None, expected)]
        if missing or different:
            raise UploadIncomplete(missing, different)

    async def _check_types(self, ticket: Ticket) -> None:
        parts = {
            "original": (original_key(ticket.id), ticket.declaration.original),
            "thumbnail": (thumbnail_key(ticket.id), ticket.declaration.thumbnail),
        }
        try:
            beginnings = await asyncio.gather(*(self._store.first_bytes(key, FIRST_BYTES) for key, _ in parts.values()))
        except ObjectMissing as exc:  # Deleted since.
            raise UploadIncomplete(list(parts), []) from exc
        for (part, (_, facts)), first in zip(parts.items(), beginnings, strict=True):
            if not begins_like(first, facts.content_type):
                raise TypeMismatch(part, facts.content_type)

    def _to_keep(self, description: Description) -> Description:
        """Leave out of a description what the operator does not want to keep."""
        shot = description.shot
        if shot is None or self.limits.keeps_coordinates:
            return description
        return replace(description, shot=replace(shot, coordinates=None))

    async def _wanted(self, ticket: Ticket, description: Description) -> ImageRecord:
        """
        Return the record to write: with the description that another space has of the same original, if there is one.

        Facts about the picture, such as its colour and when it was taken, fill gaps there.
        """
        original = ticket.declaration.original
        known = await self._others.find(original.sha256)
        if known is None or await self._index.find(original.sha256) is not None:
            return _record(ticket, description)
        known = _completed(relabelled(known, description.labels), description)
        original_there = await self._store.head(original_key(known.id)) == known.original
        if original_there and await self._store.head(thumbnail_key(known.id)) is not None:
            return known
        # The store has lost its objects, so it takes those of the ticket.
        return replace(known, id=ticket.id, created=created_at(ticket.id))

    async def _check_repeated(self, record: ImageRecord, vector: Vector) -> None:
        stored = await self._index.vector_of(record.id)
        if stored is not None and not same(stored, vector):
            raise TicketUsed("The ticket was already used, with another vector.")

    async def _query_vectors(self, looks: Looks) -> list[Vector]:
        """Return the vectors to search with: of `more` and `less` together, with the first in each of its views."""
        first, *rest = await self._vectors(looks.more)
        views = [first, *await self._vectors(looks.any_of)]
        less = await self._vectors(looks.less)
        return [combine([view, *rest], less) for view in views]

    async def _fingerprint(self, looks: Looks) -> PerceptualHash | None:
        """Return the perceptual hash of what is searched with, if it is known."""
        first = looks.more[0]
        if not isinstance(first, str):
            return looks.perceptual_hash
        try:
            record = await self._index.get(first)
        except RowDamaged:  # Its vector may be intact.
            return None
        return record and record.description.perceptual_hash

    async def _vectors(self, examples: Sequence[Vector | ImageID]) -> list[Vector]:
        return [await self._vector(example) if isinstance(example, str) else example for example in examples]

    async def _vector(self, image_id: ImageID) -> Vector:
        vector = await self._index.vector_of(image_id)
        if vector is None:
            raise ImageNotFound(image_id)
        return vector

    async def _vectors_of(self, image_ids: Sequence[ImageID]) -> AsyncIterator[VectorRows]:
        for start in range(0, len(image_ids), SAMPLE_PIECE):
            yield await self._index.vectors_of(image_ids[start : start + SAMPLE_PIECE])

    async def _nearest(
        self, vectors: Sequence[Vector], limit: int, filters: Filters, without: Sequence[ImageID]
    ) -> tuple[Sequence[Match], Mapping[ImageID, float]]:
        """Return the images nearest to any of the vectors, and the similarities to the first one, as far as known."""
        found = await asyncio.gather(*(self._hubs.nearest(vector, limit, filters, without) for vector in vectors))
        cosines = {match.image.id: match.score for match in found[0] if match.score is not None}
        return best_of(found)[:limit], cosines

    async def _search_both(
        self, vectors: Sequence[Vector], words: Wording, limit: int, filters: Filters, without: Sequence[ImageID]
    ) -> tuple[Sequence[Match], Mapping[ImageID, float]]:
        """The same, drawn to what the words mean, and fused with the images that have them."""
        meant = words.vector
        drawn = vectors if meant is None else [drawn_to(vector, meant) for vector in vectors]
        (near, _), texts = await asyncio.gather(
            self._nearest(drawn, limit, filters, without), self._words.having(words, limit, filters, without)
        )
        # What was found by both was found by its looks, which say more.
        found = {match.image.id: match for match in (*texts, *near)}
        best = fuse([match.image.id for match in near], [match.image.id for match in texts])[:limit]
        scores = await self._index.similarities(vectors, best)
        matches = [replace(found[image_id], score=max(scores[image_id])) for image_id in best if image_id in scores]
        return matches, {image_id: to_each[0] for image_id, to_each in scores.items()}

    async def _remove_objects(self, image_id: ImageID) -> None:
        await self._store.delete([original_key(image_id), thumbnail_key(image_id)])


def position(image: ImageRecord, sort: Sort) -> Position:
    """Return the position right after an image."""
    values = {
        "created": clock_ms(image.created),
        "taken": clock_ms(image.clock_time),
        "title": image.description.title,
        "size": image.original.size,
    }
    return Position(values[sort.column], image.id)


def relabelled(image: ImageRecord, labels: Sequence[Label]) -> ImageRecord:
    """Return a record with another model's labels, and all else unchanged."""
    return replace(image, description=replace(image.description, labels=tuple(labels)))


def _completed(image: ImageRecord, facts: Description) -> ImageRecord:
    """Return a record with those facts about the picture that it lacks. A camera knows better than a file's date."""
    known = image.description
    is_guess = known.taken is None or known.taken_source is TakenSource.FILE
    told = facts if is_guess and facts.taken is not None else known
    return replace(
        image,
        description=replace(
            known,
            color=known.color or facts.color,
            perceptual_hash=known.perceptual_hash or facts.perceptual_hash,
            taken=told.taken,
            taken_source=told.taken_source,
            shot=known.shot or facts.shot,
        ),
    )


def _check_attributes(image: ImageRecord, change: Change) -> None:
    kept = {**image.description.attributes, **change.attributes}
    count = sum(value is not None for value in kept.values())
    if count > MAX_ATTRIBUTES:
        raise TooManyAttributes(count, MAX_ATTRIBUTES)


def _check_part(part: str, facts: ObjectFacts, limit: int) -> None:
    if facts.content_type not in IMAGE_TYPES:
        raise UnsupportedType(facts.content_type, list(IMAGE_TYPES))
    if facts.size > limit:
        raise UploadTooLarge(part, facts.size, limit)


def _record(ticket: Ticket, description: Description) -> ImageRecord:
    declaration = ticket.declaration
    return ImageRecord(ticket.id, created_at(ticket.id), declaration.file_name, declaration.original, description)
