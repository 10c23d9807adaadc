"""
The embedder as the page uses it: a worker that turns pictures into vectors.

    Embedder.start once; then for every picture  open -> (package ->) embed -> close
    and for one that is searched with            open_in_detail -> embed, preview, crops, embed_part -> close
"""

import asyncio
import json

from pyscript import workers


class PictureError(Exception):
    """A file cannot be used; the message is one sentence for the person who chose it."""


class Embedder:
    """Calls the functions that the worker exports. A picture has a number while it is open."""

    def __init__(self) -> None:
        self._last_number = 0
        self._ready = asyncio.Event()
        self._failure = ""
        self._waiting = 0
        self._called = asyncio.Event()
        self._answers = False

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
        self._worker = await workers["embedder"]
        self._answers = True
        self._called.set()
        stage("Starting TensorFlow.js")
        await self._worker.load_tensorflow(runtime_url)
        stage("Reading the model")
        await self._worker.load_model(space.id, json.dumps(space.manifest), space.model_url)
        stage("Checking the model's answers")
        trial = await self._worker.start_backend()
        self._failure = ""
        self._ready.set()
        return {"backend": trial.backend, "run_ms": trial.run_ms}

    def started(self) -> bool:
        """Tell whether pictures can be embedded."""
        return self._ready.is_set() and not self._failure

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
        self._ready.set()
        self._called.set()

    async def try_faster_backends(self) -> dict:
        """Let the worker try the graphics hardware; returns the trial of the back end then in use."""
        trial = await self._worker.try_faster_backends()
        return {"backend": trial.backend, "run_ms": trial.run_ms}

    async def inspect(self) -> dict:
        """Return what runs in the worker: back end and trials, versions, threads, memory, and what it received."""
        status, within = await self._worker.status(), await self._worker.environment()
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

    async def open(self, file) -> dict:
        """
        Decode a file, once the embedder is ready.

        Returns:
            The picture: its `number` here, `width` and `height` in pixels, `decode_ms`, and `note`: what is not as it
            should be, as a sentence, or nothing.

        Raises:
            PictureError: The file cannot be used, or the embedder did not start.
        """
        return await self._open(file, False)

    async def open_in_detail(self, url: str) -> dict:
        """As `open`, for what lies at an absolute address, and large enough that parts of it can be embedded."""
        return await self._open(url, True)

    async def _open(self, source, in_detail: bool) -> dict:
        await self.ready()
        self._last_number += 1
        number = self._last_number
        answer = await self._worker.open_picture(number, source, in_detail)
        if answer.error:
            raise PictureError(answer.error)
        return {
            "number": number,
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
        answer = await self._worker.package(picture["number"])
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
        return json.loads(await self._worker.facts(picture["number"], json.dumps(beside), with_coordinates))

    async def fingerprint(self, picture: dict) -> str:
        """Return the SHA-256 of an open picture's file, in hex."""
        return await self._worker.fingerprint(picture["number"])

    async def preview(self, picture: dict, side_px: int) -> dict:
        """
        Make a picture to look at of an open one, also of what browsers cannot show, such as a TIFF.

        Returns:
            `blob`: a JPEG, upright, whose longer side has at most `side_px`; its `width` and `height` in pixels. Of a
            large picture that was opened in detail the longer side has some 1,500 at least, of another 448.
        """
        answer = await self._worker.preview(picture["number"], side_px)
        return {"blob": answer.blob, "width": answer.width, "height": answer.height}

    async def embed(self, picture: dict) -> dict:
        """Return `space`, `vector` (base64), `labels` and `embed_ms`."""
        return features(await self._worker.embed(picture["number"]))

    async def second_look(self, picture: dict) -> dict:
        """Return the `vector` (base64) of the middle of an open picture, its `perceptual_hash`, and `embed_ms`."""
        answer = await self._worker.second_look(picture["number"])
        return {
            "vector": answer.vector,
            "perceptual_hash": answer.perceptual_hash or None,
            "embed_ms": answer.embed_ms,
        }

    async def crops(self, picture: dict) -> list:
        """
        Suggest parts of an open picture to search with, once it is embedded, or with a pass of the model of its own.

        Returns:
            Up to four rectangles, the most striking first: (left, top, width, height) as fractions of the picture's
            width and height. None if nothing in it stands out, or the model cannot tell.
        """
        return [tuple(crop) for crop in json.loads(await self._worker.crops(picture["number"]))]

    async def embed_part(self, picture: dict, region: tuple) -> dict:
        """As `embed`, for a part of a picture that was opened in detail; see `rectangle`."""
        return features(await self._worker.embed_part(picture["number"], *region))

    async def close(self, picture: dict) -> None:
        """Let the worker forget a picture."""
        await self._worker.close_picture(picture["number"])

    async def meaning(self, space, words: str) -> str | None:
        """
        Return what words mean as a vector (base64), empty if nobody knows; None while the worker does not answer yet.

        It takes no model, and so no `ready`: `answers` tells when to ask again.
        """
        if not space.words_file:
            return ""
        if not self._answers:
            return "" if self._failure else None
        return await self._worker.meaning(space.model_url + space.words_file, words)

    async def answers(self) -> bool:
        """Wait until the worker answers, and return whether it does."""
        await self._called.wait()
        return self._answers

    def reachable(self) -> bool:
        """Tell whether the worker answers, even if it cannot embed yet: the map needs no more."""
        return self._answers

    async def answering_worker(self):
        """
        Return the worker once it answers.

        Raises:
            PictureError: It did not start.
        """
        await self._called.wait()
        if not self._answers:
            raise PictureError(self._failure)
        return self._worker


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
