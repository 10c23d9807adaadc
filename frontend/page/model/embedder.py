"""
The embedder as the page uses it: a worker that turns pictures into vectors.

    Embedder.start once; then for every picture  open -> (package ->) embed -> close, all of it by `use`
    and for one that is searched with            open_in_detail -> look, preview, crops, embed_part -> close

A picture can kill the worker. What was asked of it then ends with `WorkerLost`, and `start` begins another worker, in
which nothing is open. `insist` tells which picture it was, and lets the others go on.

A picture also makes the worker fat: what its interpreter has taken it keeps. `renew` puts another one into its place.
"""

import asyncio
import json

from frontend.page.model.fatness import is_fat
from frontend.page.model.living_worker import LivingWorker, WorkerLost

DEADLY = "This file stops the part of the page that opens photos: it is damaged, or takes more memory than there is."


class PictureError(Exception):
    """A file cannot be used; the message is one sentence for the person who chose it."""


class Embedder:
    """Calls the functions that the worker exports. A picture has a number while it is open."""

    def __init__(self) -> None:
        self._worker = LivingWorker(self._lose)
        self._when_lost = []
        self._last_number = 0
        self._ready = asyncio.Event()
        self._failure = ""
        self._waiting = 0
        self._called = asyncio.Event()
        self._answers = False
        self._held = set()
        """The numbers of the pictures that are open."""
        self._has_map = False
        self._words_url = ""
        """Of the table of words that the worker has; empty if it has none."""
        self._lean_bytes = 0
        """What the interpreter had taken when it was ready."""
        self._grown = asyncio.Event()
        """Set while it has taken much more."""
        self._renewing = False
        self._tries_faster = True

    async def start(self, space, runtime_url: str, stage) -> dict:
        """
        Bring the worker up, step by step.

        Args:
            space: The server's embedding space, see `Space`.
            stage: Called with a sentence before each step.

        Returns:
            The trial of the back end in use.
        """
        stage("Starting Python")
        await self._worker.begin()
        self._answers = True
        self._called.set()
        stage("Starting TensorFlow.js")
        await self._worker.call("load_tensorflow", runtime_url)
        stage("Reading the model")
        await self._worker.call("load_model", space.id, json.dumps(space.manifest), space.model_url)
        stage("Checking the model's answers")
        trial = await self._worker.call("start_backend")
        self._lean_bytes = await self._worker.call("python_bytes")
        self._failure = ""
        self._renewing = False
        self._ready.set()
        if self._words_url:  # Words were searched for, and are likely to be again.
            await self._worker.call("meaning", self._words_url, "")
        return {"backend": trial.backend, "run_ms": trial.run_ms}

    def listen(self, when_lost) -> None:
        """Have a function called when a worker that had started is gone."""
        self._when_lost.append(when_lost)

    def _lose(self) -> None:
        was_started = self.started()
        self._ready.clear()
        self._called.clear()
        self._answers = False
        self._held = set()
        self._has_map = False
        self._grown.clear()
        if was_started:
            for when_lost in self._when_lost:
                when_lost()

    async def fat(self) -> None:
        """Wait until the worker has taken much memory, which only `renew` gives back."""
        await self._grown.wait()

    def idle_s(self) -> float:
        """Return for how many seconds the worker was not needed; 0 while it has something that it must not lose."""
        if self._held or self._has_map or self._waiting or not self.started():
            return 0
        return self._worker.idle_s()

    def renew(self) -> None:
        """Begin another worker, as when this one is lost, with all that it has: it must not be needed."""
        self._renewing = True
        self._worker.give_up()

    def renewing(self) -> bool:
        """Tell whether the worker is begun anew for no other reason than its memory."""
        return self._renewing

    def started(self) -> bool:
        """Tell whether pictures can be embedded."""
        return self._ready.is_set() and not self._failure

    def failed(self) -> bool:
        """Tell whether pictures cannot be embedded, now or later."""
        return bool(self._failure)

    async def ready(self) -> None:
        """
        Wait until pictures can be embedded.

        Raises:
            PictureError: The embedder did not start.
        """
        self._waiting += 1
        try:
            await self._ready.wait()
        finally:
            self._waiting -= 1
        if self._failure:
            raise PictureError(self._failure)

    def is_awaited(self) -> bool:
        """Tell whether something waits until pictures can be embedded."""
        return self._waiting > 0

    def fail(self, reason: str) -> None:
        """Let nobody wait any more: whoever waits, or asks before `start` succeeds after all, is told why."""
        self._failure = reason
        self._renewing = False
        self._answers = False
        self._ready.set()
        self._called.set()

    async def try_faster_backends(self) -> bool:
        """Let the worker try the graphics hardware, unless one has died of that; returns whether it was tried."""
        try:
            if self._tries_faster:
                await self._worker.call("try_faster_backends")
        except WorkerLost:
            self._tries_faster = False
        return self._tries_faster

    async def inspect(self) -> dict:
        """Return what runs in the worker: back end and trials, versions, threads, memory, and what it received."""
        status, within = await self._worker.call("status"), await self._worker.call("environment")
        return {
            "backend": status.backend,
            "trials": [
                {"backend": trial.backend, "usable": trial.usable, "reason": trial.reason, "cosine": trial.cosine}
                for trial in status.trials
            ],
            "tensors": status.tensors,
            "tensor_bytes": within.tensor_bytes,
            "python_bytes": within.python_bytes,
            "threads": within.threads,
            "received": json.loads(within.received),
            "versions": [(version.name, version.number) for version in within.versions],
        }

    async def use(self, file, work):
        """
        Decode a file, once the embedder is ready, await `work(picture)`, and let go of the picture.

        Args:
            work: Begins anew if the worker dies of another file meanwhile. The picture is its `number` here, `width`
                and `height` in pixels, `decode_ms`, and `note`: what is not as it should be, as a sentence, or nothing.

        Raises:
            PictureError: The file cannot be used, or the embedder did not start.
        """

        async def attempt(alone: bool):
            picture = await self._open(file, False, alone)
            try:
                return await work(picture)
            finally:
                await self.close(picture)

        return await self.insist(attempt)

    async def insist(self, attempt):
        """
        Await `attempt(alone)`, and again if the worker dies meanwhile: then with nothing beside it that can kill it.

        Raises:
            PictureError: It died of this.
        """
        alone = False
        while True:
            try:
                return await attempt(alone)
            except WorkerLost as exc:
                if exc.alone:
                    raise PictureError(DEADLY)
            alone = True

    async def open_in_detail(self, url: str, alone: bool) -> dict:
        """
        Decode what lies at an absolute address, large enough that parts of it can be embedded; see `use` and `insist`.

        Raises:
            WorkerLost: As whatever is asked of the picture from then on.
        """
        return await self._open(url, True, alone)

    async def _open(self, source, in_detail: bool, alone: bool) -> dict:
        await self.ready()
        self._last_number += 1
        number, life = self._last_number, self._worker.life
        answer = await self._worker.call("open_picture", number, source, in_detail, life=life, alone=alone)
        if answer.error:
            self._weigh(await self._worker.call("python_bytes"))
            raise PictureError(answer.error)
        self._held.add(number)
        return {
            "number": number,
            "life": life,
            "alone": alone,
            "width": answer.width,
            "height": answer.height,
            "note": answer.note,
            "decode_ms": answer.decode_ms,
        }

    async def package(self, picture: dict) -> dict:
        """
        Return what an upload declares.

        Returns:
            `original` and `thumbnail` (checksums, size, content_type), the thumbnail as a `blob`, its mean `color`,
            as "#rrggbb", and the `perceptual_hash`, None for a plain picture.
        """
        answer = await self._ask("package", picture)
        return {
            "original": declared(answer.original),
            "thumbnail": declared(answer.thumbnail),
            "blob": answer.thumbnail_blob,
            "color": answer.color,
            "perceptual_hash": answer.perceptual_hash or None,
        }

    async def facts(self, picture: dict, beside: list, with_coordinates: bool) -> dict:
        """
        Return when and how an open picture was taken, and what is noted about it.

        Args:
            beside: (name, text) of the files beside it.

        Returns:
            Some of `taken`, `taken_source` and `shot`, as the API takes them, `title`, `description` and `tags`.
        """
        return json.loads(await self._ask("facts", picture, json.dumps(beside), with_coordinates))

    async def preview(self, picture: dict, side_px: int) -> dict:
        """
        Make a picture to look at of an open one, also of what browsers cannot show, such as a TIFF.

        Returns:
            `blob`: a JPEG, upright, whose longer side has at most `side_px`; its `width` and `height` in pixels. Of a
            large picture that was opened in detail the longer side has some 1,500 at least, of another 448.
        """
        answer = await self._ask("preview", picture, side_px)
        return {"blob": answer.blob, "width": answer.width, "height": answer.height}

    async def embed(self, picture: dict) -> dict:
        """Return `space`, `vector` (base64), `labels` and `embed_ms`."""
        return features(await self._ask("embed", picture))

    async def look(self, picture: dict) -> dict:
        """
        Make all that a search with an open picture needs.

        Returns:
            `vector` and `middle`, the vector of its middle (base64), with `vector_ms` and `middle_ms`; its
            `perceptual_hash`, None for a plain picture; and the `sha256` of its file, in hex.
        """
        features, again = await self.embed(picture), await self._ask("second_look", picture)
        return {
            "vector": features["vector"],
            "vector_ms": features["embed_ms"],
            "middle": again.vector,
            "middle_ms": again.embed_ms,
            "perceptual_hash": again.perceptual_hash or None,
            "sha256": await self._ask("fingerprint", picture),
        }

    async def crops(self, picture: dict) -> list:
        """
        Suggest parts of an open picture to search with, once it is embedded, or with a pass of the model of its own.

        Returns:
            Up to four rectangles, the most striking first: (left, top, width, height) as fractions of the picture's
            width and height. None if nothing in it stands out, or the model cannot tell.
        """
        return [tuple(crop) for crop in json.loads(await self._ask("crops", picture))]

    async def embed_part(self, picture: dict, region: tuple) -> dict:
        """As `embed`, for a part of a picture that was opened in detail; see `rectangle`."""
        return features(await self._ask("embed_part", picture, *region))

    async def close(self, picture: dict) -> None:
        """Let the worker forget a picture."""
        try:
            python_bytes = await self._ask("close_picture", picture)
        except WorkerLost:
            return  # It has forgotten all.
        self._held.discard(picture["number"])
        self._weigh(python_bytes)

    def _weigh(self, python_bytes: int) -> None:
        """Note how much memory the worker has taken by now."""
        if is_fat(self._lean_bytes, python_bytes):
            self._grown.set()

    async def _ask(self, name: str, picture: dict, *given):
        """Ask something of an open picture, of the worker that has it."""
        return await self._worker.call(name, picture["number"], *given, life=picture["life"], alone=picture["alone"])

    async def meaning(self, space, words: str) -> str | None:
        """
        Return what words mean as a vector (base64), empty if nobody knows; None while the worker does not answer yet.

        It takes no model, and so no `ready`: `answers` tells when to ask again.
        """
        if not space.words_file:
            return ""
        if not self._answers:
            return "" if self._failure else None
        self._words_url = space.model_url + space.words_file
        try:
            return await self._worker.call("meaning", self._words_url, words)
        except WorkerLost:
            return None

    async def answers(self) -> bool:
        """Wait until the worker answers, and return whether it does."""
        await self._called.wait()
        return self._answers

    def reachable(self) -> bool:
        """Tell whether the worker answers, even if it cannot embed yet: the map needs no more."""
        return self._answers

    async def answering_life(self) -> int:
        """
        Return which worker it is, once one answers: the map that is begun there is in no other.

        Raises:
            PictureError: None did.
        """
        await self._called.wait()
        if not self._answers:
            raise PictureError(self._failure)
        self._has_map = True
        return self._worker.life

    async def call(self, name: str, *given, life: int):
        """
        Call a function of a worker that holds something, such as a map.

        Raises:
            WorkerLost: It is gone.
        """
        return await self._worker.call(name, *given, life=life)


def times(picture: dict, made: dict) -> str:
    """Say how long a picture took: 'decoded 18 ms, embedded 76 ms'."""
    return f"decoded {picture['decode_ms']:.0f} ms, embedded {made['embed_ms']:.0f} ms"


def features(answer) -> dict:
    """Copy what the model made of a picture out of JavaScript."""
    return {
        "space": answer.space,
        "vector": answer.vector,
        "labels": [{"name": label.name, "score": label.score} for label in answer.labels],
        "embed_ms": answer.embed_ms,
    }


def declared(answer) -> dict:
    """Copy a declaration out of JavaScript."""
    return {"sha256": answer.sha256, "md5": answer.md5, "size": answer.size, "content_type": answer.content_type}
