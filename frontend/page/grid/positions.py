"""
Which image is where in a long list that is known only in parts.

An image's *position* counts all images of the list, as the server does. Its *index* counts those to be seen: the page
leaves out images that wait to be deleted. Pure, so that it is tested without a browser.
"""

# The digits of a square, which stand for an image that has come since, until it is known: at once, as a rule.
UNKNOWN = "gA"


class Positions:
    """What is known of the list."""

    def __init__(self) -> None:
        # How many images the server counts.
        self.total = 0
        self._ids = {}
        self._positions = {}
        self._left_out = []
        # The API's proportions of all images, two digits each; empty while they are not known.
        self._digits = ""
        # What has happened to the indexes since somebody asked: (index, whether a photo came) of each photo; None if
        # nothing holds any more.
        self._changes: list | None = None

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
        if total != self.total:
            self._digits = ""
        self.total = total
        self._ids = {}
        self._positions = {}
        self._left_out = []
        self._changes = None

    def learn_proportions(self, digits: str) -> None:
        """Take in the proportions of all images, as the API gives them, unless they are those of another list."""
        if len(digits) == 2 * self.total:
            self._digits = digits

    def digits_at(self, index: int) -> str:
        """Return the two digits of the proportion of the image at an index; empty if they are not known."""
        position = self.position_at(index)
        return self._digits[2 * position : 2 * position + 2]

    def take_changes(self) -> list | None:
        """
        Return what has happened to the indexes since this was called last, in order.

        Returns:
            (index, whether a photo came) for each one that came or went; None if the list is another.
        """
        changes, self._changes = self._changes, []
        return changes

    def learn(self, position: int, image_ids: list[str], total: int) -> None:
        """
        Take in which images lie from a position on.

        If the total is another than before, the list has changed, and nothing that was known of it holds any more.
        """
        if total != self.total:
            self.begin(total)
        for offset, image_id in enumerate(image_ids):
            self._put(position + offset, image_id)

    def leave_out(self, image_ids) -> None:
        """Leave out just these images, as far as it is known where they are."""
        left_out = sorted([self._positions[image_id] for image_id in image_ids if image_id in self._positions])
        gone = [position for position in left_out if position not in self._left_out]
        back = [position for position in self._left_out if position not in left_out]
        for position in gone:
            self._note(self._index_in_list(position), False)
            self._left_out.append(position)
        for position in back:
            self._left_out.remove(position)
            self._note(self._index_in_list(position), True)
        self._left_out = left_out

    def position_at(self, index: int) -> int:
        """Return the position of the image at an index."""
        position = index
        for left_out in self._left_out:
            if left_out <= position:
                position += 1
        return position

    def id_at(self, index: int) -> str | None:
        """Return which image is at an index, None if that is not known."""
        return self._ids.get(self.position_at(index))

    def index_of(self, image_id: str) -> int | None:
        """Return the index of an image, None if it is not known or left out."""
        position = self._positions.get(image_id)
        if position is None or position in self._left_out:
            return None
        return self._index_in_list(position)

    def knows(self, image_id: str) -> bool:
        """Whether it is known where an image is, left out or not."""
        return image_id in self._positions

    def first_unknown(self, start: int, stop: int) -> int | None:
        """Return the first index from `start` on, before `stop`, at which it is not known which image is there."""
        for index in range(start, min(stop, self.count)):
            if self.id_at(index) is None:
                return index
        return None

    def insert(self, image_id: str, comes_after) -> bool:
        """
        Put a new image into a sorted list.

        Where it belongs among images that are not known, it is one of these: all that are known stay right.

        Args:
            comes_after: Called with the id of another image; returns whether that comes after the new one.

        Returns:
            Whether its position is known.
        """
        known = sorted(self._ids)
        low, high = 0, len(known)
        while low < high:
            middle = (low + high) // 2
            if comes_after(self._ids[known[middle]]):
                high = middle
            else:
                low = middle + 1
        position = known[low] if low < len(known) else self.total
        before = known[low - 1] if low else -1
        self._note(self._index_in_list(position), True)
        self._move(position, 1)
        if before != position - 1:
            return False
        self._put(position, image_id)
        return True

    def remove(self, image_id: str) -> bool:
        """
        Take an image out of the list.

        Returns:
            Whether it was known where it is. If not, nothing holds any more.
        """
        position = self._positions.get(image_id)
        if position is None:
            self.begin(self.total)
            return False
        self._forget(position)
        if position not in self._left_out:
            self._note(self._index_in_list(position), False)
        self._left_out = [left_out for left_out in self._left_out if left_out != position]
        self._move(position, -1)
        return True

    def forget_beyond(self, start: int, stop: int) -> list[str]:
        """Forget what is known outside of these indexes, but for what is left out; return the images."""
        first, last = self.position_at(start), self.position_at(stop)
        far = [position for position in self._ids if not first <= position <= last and position not in self._left_out]
        return [self._forget(position) for position in far]

    def _index_in_list(self, position: int) -> int:
        return position - len([left_out for left_out in self._left_out if left_out < position])

    def _note(self, index: int, came: bool) -> None:
        if self._changes is not None:
            self._changes.append((index, came))

    def _put(self, position: int, image_id: str) -> None:
        if self._ids.get(position) == image_id:
            return
        if position in self._ids:
            self._forget(position)
        if image_id in self._positions:
            self._forget(self._positions[image_id])
        self._ids[position] = image_id
        self._positions[image_id] = position

    def _forget(self, position: int) -> str:
        image_id = self._ids.pop(position)
        self._positions.pop(image_id)
        return image_id

    def _move(self, start: int, offset: int) -> None:
        """Move all from a position on."""
        if self._digits and offset > 0:
            self._digits = self._digits[: 2 * start] + UNKNOWN + self._digits[2 * start :]
        elif self._digits:
            self._digits = self._digits[: 2 * start] + self._digits[2 * start + 2 :]
        self.total += offset
        self._left_out = [position + offset if position >= start else position for position in self._left_out]
        for image_id, position in list(self._positions.items()):
            if position >= start:
                self._positions[image_id] = position + offset
        self._ids = {position: image_id for image_id, position in self._positions.items()}
