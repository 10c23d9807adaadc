"""Twins: two images of the library that look like versions of one photograph, and the question whether both stay."""

from frontend.page.server.api import APIError

# Among how many of the most similar photos a twin is looked for: an edited one need not be the nearest.
LOOKED_AT = 24


class TwinFinder:
    """Looks for the twin of an image that was just added."""

    def __init__(self, api) -> None:
        self._api = api
        self._found = {}
        """Image id -> the id of its twin, of those for which one was found."""

    async def find(self, image: dict, features: dict) -> dict | None:
        """
        Return another image that is a version of this one, if there is one. Nothing depends on it: without an answer,
        none.

        Asked after the image was registered, so that of two that come at the same time one sees the other. If both do,
        only the first to ask has a twin: whoever removed each for the sake of the other would have neither.

        Args:
            features: What the model made of the image.
        """
        query = {"space": features["space"], "vector": features["vector"], "limit": LOOKED_AT}
        query["perceptual_hash"] = image["perceptual_hash"]
        try:
            found = await self._api.search(query)
        except APIError:
            return None
        for match in found["matches"]:
            twin = match["image"]
            if match["duplicate"] and twin["id"] != image["id"] and self._found.get(twin["id"]) != image["id"]:
                self._found[image["id"]] = twin["id"]
                return twin
        return None


class TwinQuestions:
    """The entries of the list that ask whether both images stay."""

    def __init__(self, on_settled, on_unwanted) -> None:
        """`on_settled` is called with an entry once it is answered, `on_unwanted` with an image to be deleted."""
        self._on_settled = on_settled
        self._on_unwanted = on_unwanted
        self._asking = []

    def twins(self) -> int:
        """Return how many wait for an answer that look like another."""
        return len([entry for entry in self._asking if entry.twin])

    def cut(self) -> int:
        """Return how many others wait for one: their files lack their end."""
        return len(self._asking) - self.twins()

    def ask(self, entry, image: dict, twin: dict | None, note: str) -> None:
        """Ask about an entry whose image has a twin, or of whose file something is noted."""
        entry.ask(image, twin, note)
        self._asking.append(entry)

    def keep(self, entry) -> None:
        """Keep the image, beside its twin; of an entry that is answered already, and not drawn since, nothing."""
        if entry in self._asking:
            self._settle(entry, "kept beside the other" if entry.twin else "kept")

    def keep_all(self) -> None:
        """Keep both of every pair."""
        for entry in list(self._asking):
            self.keep(entry)

    def remove(self, entry) -> None:
        """Delete the image that was just added."""
        if entry in self._asking:
            image = entry.image
            self._settle(entry, "removed again")
            self._on_unwanted(image)

    def forget(self, image_id: str) -> None:
        """An image is gone from the library: there is nothing more to ask about it."""
        for entry in list(self._asking):
            if image_id == entry.image["id"]:
                self._settle(entry, "deleted")
            elif entry.twin and image_id == entry.twin["id"]:
                self._settle(entry, "kept")

    def clear(self) -> list:
        """Ask no more; returns the entries that were not answered."""
        asking, self._asking = self._asking, []
        return asking

    def _settle(self, entry, text: str) -> None:
        self._asking.remove(entry)
        entry.answer(text)
        self._on_settled(entry)
