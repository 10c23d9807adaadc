"""
Which image is where in a long list of which only parts are known.

The server counts all images that the view asks for: an image's place. The page leaves out those that wait to be
deleted, and counts the others: an image's index. Without the ones left out both are the same.
"""


class Positions:
    """What is known of the list."""

    def __init__(self) -> None:
        self.total = 0
        """How many images the server counts."""
        self._ids = {}
        self._places = {}
        self._left_out = []

    @property
    def count(self) -> int:
        """How many images are to be seen."""
        return self.total - len(self._left_out)

    @property
    def known(self) -> int:
        """How many images are known."""
        return len(self._ids)

    def begin(self, total: int) -> None:
        """Forget all, but that there are so many images."""
        self.total = total
        self._ids = {}
        self._places = {}
        self._left_out = []

    def learn(self, place: int, image_ids: list[str], total: int) -> None:
        """
        Take in which images lie from a place on.

        If the total is another than before, the list has changed, and nothing that was known of it holds any more.
        """
        if total != self.total:
            self.begin(total)
        for offset, image_id in enumerate(image_ids):
            self._put(place + offset, image_id)

    def leave_out(self, image_ids) -> None:
        """Leave out just these images, as far as it is known where they are."""
        self._left_out = sorted([self._places[image_id] for image_id in image_ids if image_id in self._places])

    def place_at(self, index: int) -> int:
        """Return the place of the image at an index."""
        place = index
        for left_out in self._left_out:
            if left_out <= place:
                place += 1
        return place

    def id_at(self, index: int) -> str | None:
        """Return which image is at an index, None if that is not known."""
        return self._ids.get(self.place_at(index))

    def index_of(self, image_id: str) -> int | None:
        """Return the index of an image, None if it is not known or left out."""
        place = self._places.get(image_id)
        if place is None or place in self._left_out:
            return None
        return place - len([left_out for left_out in self._left_out if left_out < place])

    def knows(self, image_id: str) -> bool:
        """Whether it is known where an image is, left out or not."""
        return image_id in self._places

    def first_unknown(self, start: int, stop: int) -> int | None:
        """Return the first index from `start` on, before `stop`, at which it is not known which image is there."""
        for index in range(start, min(stop, self.count)):
            if self.id_at(index) is None:
                return index
        return None

    def insert_newest_first(self, image_id: str) -> bool:
        """
        Put a new image into a list that is sorted by time, newest first; ids are in the order of time.

        Returns:
            Whether its place is known. If not, nothing holds any more but the total.
        """
        place = 0
        while place < self.total and self._ids.get(place, "") > image_id:
            place += 1
        if place < self.total and place not in self._ids:
            self.begin(self.total + 1)
            return False
        self._move(place, 1)
        self._put(place, image_id)
        return True

    def remove(self, image_id: str) -> bool:
        """
        Take an image out of the list.

        Returns:
            Whether it was known where it is. If not, nothing holds any more.
        """
        place = self._places.get(image_id)
        if place is None:
            self.begin(self.total)
            return False
        self._forget(place)
        self._left_out = [left_out for left_out in self._left_out if left_out != place]
        self._move(place, -1)
        return True

    def forget_beyond(self, start: int, stop: int) -> list[str]:
        """Forget what is known outside of these indexes, but for what is left out; return the images."""
        first, last = self.place_at(start), self.place_at(stop)
        far = [place for place in self._ids if not first <= place <= last and place not in self._left_out]
        return [self._forget(place) for place in far]

    def _put(self, place: int, image_id: str) -> None:
        if self._ids.get(place) == image_id:
            return
        if place in self._ids:
            self._forget(place)
        if image_id in self._places:
            self._forget(self._places[image_id])
        self._ids[place] = image_id
        self._places[image_id] = place

    def _forget(self, place: int) -> str:
        image_id = self._ids.pop(place)
        self._places.pop(image_id)
        return image_id

    def _move(self, start: int, offset: int) -> None:
        """Move all from a place on."""
        self.total += offset
        self._left_out = [place + offset if place >= start else place for place in self._left_out]
        for image_id, place in list(self._places.items()):
            if place >= start:
                self._places[image_id] = place + offset
        self._ids = {place: image_id for image_id, place in self._places.items()}
