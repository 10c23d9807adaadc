"""What the page knows of the library's images, which of them are selected, and which wait to be deleted."""


class KnownImages:
    """
    Images by their ids, as the API described them last. The page has one instance, which all parts of it share.

    Pure, so that it is tested without a browser; `Cards` shows on the cards what changes here.
    """

    def __init__(self) -> None:
        self._images = {}
        # Id -> (when it was selected, `id` and `title`): MicroPython's dictionaries keep no order, and those that do
        # search them from the beginning.
        self._selected = {}
        self._selections = 0
        self._withdrawn = set()

    def learn(self, image: dict) -> None:
        """Remember an image as the API describes it now."""
        self._images[image["id"]] = image

    def get(self, image_id: str) -> dict | None:
        """Return an image, None if it is not known."""
        return self._images.get(image_id)

    def has(self, image_id: str) -> bool:
        """Whether an image is known."""
        return image_id in self._images

    def all(self) -> list[dict]:
        """Return all images that are known, in no particular order."""
        return list(self._images.values())

    def forget(self, image_id: str) -> None:
        """Forget an image that is far from everything on screen; it stays selected, and withdrawn, if it was."""
        self._images.pop(image_id, None)

    @property
    def selected(self) -> list[dict]:
        """`id` and `title` of the selected images, whether they are known or not, in the order of selection."""
        held = sorted(self._selected.values(), key=lambda held: held[0])
        return [image for turn, image in held]

    @property
    def selected_count(self) -> int:
        """How many images are selected."""
        return len(self._selected)

    def is_selected(self, image_id: str) -> bool:
        """Whether an image is selected."""
        return image_id in self._selected

    def select(self, images: list[dict]) -> None:
        """Select images as well; of each, only `id` and `title` are kept. One that was selected stays in its place."""
        for image in images:
            if image["id"] not in self._selected:
                self._selections += 1
                self._selected[image["id"]] = (self._selections, {"id": image["id"], "title": image["title"]})

    def deselect(self, images: list[dict]) -> None:
        """Select images no longer."""
        for image in images:
            self._selected.pop(image["id"], None)

    @property
    def withdrawn(self) -> list[str]:
        """Ids of the images that wait to be deleted."""
        return list(self._withdrawn)

    def is_withdrawn(self, image_id: str) -> bool:
        """Whether an image waits to be deleted, and is not to be shown."""
        return image_id in self._withdrawn

    def withdraw(self, image_id: str) -> None:
        """Take an image out of everything shown until it is deleted or restored."""
        self._withdrawn.add(image_id)

    def restore(self, image_id: str) -> None:
        """Show an image again; or forget that it was withdrawn, once it is deleted."""
        self._withdrawn.discard(image_id)
