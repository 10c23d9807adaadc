"""
The large files that the embedder needs: fetched ahead at a first visit, and counted as they come.

The page asks for them itself, all at once. The worker, which would ask for them one after the other, finds them in the
browser's cache.
"""

import asyncio
import json

from pyscript import config, window

from frontend.page.browser.clock import now_s
from frontend.page.browser.storage import browser_storage
from frontend.page.server.addresses import page_url

# What the browser keeps the addresses under that it has fetched before.
STORED = "lookalike-fetched"

# How long a worker may take that has its files in the cache; on two cores it takes 3 seconds. A guess.
CACHED_S = 10


# A browser that tells a size so much larger than that on the wire tells that of the unpacked file. Of what is packed at
# all, it is twice as large and more; another web server may pack a little worse than ours.
UNPACKED = 1.5


class Downloads:
    """All parts of the embedder, and how they arrive."""

    def __init__(self, embedder) -> None:
        self._embedder = embedder
        self._parts = {}

    async def fetch_ahead(self, space, progress) -> None:
        """
        Fetch what the worker will need.

        Args:
            progress: Is told what is to be fetched, and what has arrived; see `StartProgress`.

        What an earlier visit fetched is left to the worker: to read 20 MB from the cache here too would delay it by a
        second. If it is not in the cache any more, it is fetched once the worker has got nowhere for a while.

        Raises:
            OSError: A file is missing. It may still come when the worker asks for it.
        """
        files = await files_of(space)
        self._parts = {}
        addresses = " ".join([file["url"] for file in files])
        for file in files:
            if file["part"] not in self._parts:
                self._parts[file["part"]] = Part()
            self._parts[file["part"]].expect(file)
        if browser_storage.read(STORED) == addresses:
            await asyncio.sleep(CACHED_S)
            if self._embedder.reachable():
                return
        progress.fetch(sum([file["bytes"] for file in files]), now_s())
        await asyncio.gather(*[fetch(file, progress) for file in files])
        browser_storage.write(STORED, addresses)

    def check_cache(self, by_worker: dict) -> None:
        """Have the next visit fetch ahead, whatever was kept, if the worker found little in the cache."""
        parts = self._parts.values()
        if sum([part.over_network(by_worker) for part in parts]) > sum([part.expected for part in parts]) / 10:
            browser_storage.write(STORED, "")

    def sizes(self, by_worker: dict) -> list:
        """Return each part with its size in bytes and how many of them came over the network, see `Part.received`."""
        return [(name, part.expected, part.received(by_worker)) for name, part in self._parts.items()]


class Part:
    """A part of the embedder."""

    def __init__(self) -> None:
        self.expected = 0
        """Its size in bytes on the wire."""
        self._files = []

    def expect(self, file: dict) -> None:
        """Count a file in."""
        self.expected += file["bytes"]
        self._files.append(file)

    def over_network(self, by_worker: dict) -> int:
        """Return how many bytes came over the network when the worker asked; see `received`."""
        told = [by_worker[file["url"]] + [file] for file in self._files if file["url"] in by_worker]
        return sum([came for size, came, file in told if is_packed(size, file)])

    def received(self, by_worker: dict) -> int | None:
        """
        Return how many bytes came over the network, 0 from the cache; None if server or browser do not tell.

        Args:
            by_worker: Address -> its size in bytes and how many came when the worker asked for it, as the browser says.
        """
        received = self.over_network(by_worker)
        for file in self._files:
            entries = window.performance.getEntriesByName(file["url"])
            told = entries.length and is_packed(entries[0].encodedBodySize, file)
            # A file that is still on its way has no entry yet.
            if not told and not is_packed(by_worker.get(file["url"], [0])[0], file):
                return None
            received += entries[0].transferSize if told else 0
        return received


def is_packed(size: int, file: dict) -> bool:
    """Tell whether a size is one on the wire: other servers tell none, and some browsers that of what was unpacked."""
    return 0 < size < UNPACKED * file["bytes"]


async def files_of(space) -> list[dict]:
    """
    List the large files that the worker will need: those of the runtime, and the model's.

    Returns:
        Of each `url`, `size` (in bytes, unpacked), `bytes` (on the wire), and `part` (what people call it).
    """
    response = await window.fetch(page_url(config["app"] + "/downloads.json"))
    files = json.loads(await response.text())
    for file in files:
        file["url"] = page_url(file["url"])
    for name, facts in space.manifest["files"].items():
        if name == space.words_file:  # Fetched once somebody searches for words.
            continue
        # Weights hardly compress, so that their size stands for the bytes on the wire.
        size = facts["size"]
        files.append({"url": space.model_url + name, "size": size, "bytes": size, "part": "The model"})
    return files


async def fetch(file: dict, progress) -> None:
    """
    Fetch a file into the cache.

    Raises:
        OSError: The server did not send it.
    """
    response = await window.fetch(file["url"])
    if not response.ok:
        raise OSError(f"{file['url']} cannot be loaded (status {response.status}).")
    reader = response.body.getReader()
    chunk = await reader.read()
    while not chunk.done:
        progress.arrived(chunk.value.byteLength * file["bytes"] / file["size"], now_s())
        chunk = await reader.read()
