"""
The photos of a map and what is known of them: which lie under a pointer or in an outline, their names and colours.

Pure numpy. All that looks at every photo is done here, so that the page holds only those near the middle.
"""

import colorsys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontend.embedder.arrangement import Positions, side_of
from frontend.embedder.islands import Island, islands_of, named

ID_BYTES: Final = 16

WIDEST: Final = 2
# How many times as wide as high a photo is shown at most, and the other way round.

LARGE: Final = 0.05
SMALL: Final = 0.02
# How far density is blurred for the islands that have a name while all is in view, and for those seen nearer by.

HUES: Final = 10

UNKNOWN: Final = 48
# The shade of grey of a photo of which nothing is known yet.


@dataclass
class Facts:
    """What the library says of a photo."""

    title: str = ""
    names: Mapping[str, float] = field(default_factory=dict)
    """Its tags and labels, and how sure each is, above 0 to 1."""
    tags: Sequence[str] = ()
    taken: str = ""
    """By the clock there; where that is not known, when it was added, by UTC. In ISO 8601."""
    thumbnail_url: str = ""


class Scatter:
    """Photos and their places on a map; may lose some, and then shows the others as before."""

    def __init__(self, ids: Sequence[str], aspect: float) -> None:
        """`aspect` is the map's width over its height."""
        self.ids = list(ids)
        self.aspect = aspect
        self.positions = Positions(np.full((len(self.ids), 2), 0.5, dtype=np.float32))
        self.shapes = np.ones(len(self.ids), dtype=np.float32)
        """(N,) width over height of each photo, as shown."""
        self.means = np.full((len(self.ids), 4), UNKNOWN, dtype=np.uint8)
        """(N, 4) red, green, blue and 255: the average colour of each photo."""
        self.facts = [Facts() for _ in self.ids]
        self._places = {image_id: number for number, image_id in enumerate(self.ids)}
        self._there = np.ones(len(self.ids), dtype=bool)

    def __len__(self) -> int:
        return int(self._there.sum())

    @property
    def side(self) -> float:
        """The longer side of a photo while all of the map is in view, in heights of the map."""
        return side_of(len(self.ids), self.aspect)

    def number_of(self, image_id: str) -> int | None:
        """Return the number of a photo, None if it is not on the map."""
        return self._places.get(image_id)

    def learn(self, image: dict[str, Any]) -> None:
        """Note what the API says of a photo, if it is on the map."""
        number = self._places.get(image["id"])
        if number is None:
            return
        self.shapes[number] = np.clip(image["width"] / max(image["height"], 1), 1 / WIDEST, WIDEST)
        labels = {label["name"]: label["score"] for label in image["labels"] if label["score"] > 0}
        taken = image["taken"] or image["created"]
        if image.get("color"):
            self.means[number] = (*bytes.fromhex(image["color"][1:]), 255)
        tags = list(image["tags"])
        names = labels | dict.fromkeys(tags, 1.0)
        self.facts[number] = Facts(image["title"], names, tags, taken, image["thumbnail_url"])

    def thumbnail_url(self, image_id: str) -> str:
        """Return the address of a photo's thumbnail, or "" if nothing is known of it."""
        number = self._places.get(image_id)
        return "" if number is None else self.facts[number].thumbnail_url

    def forget(self, image_id: str) -> None:
        """Take a photo off the map, if it is on it."""
        if image_id in self._places:
            self._there[self._places[image_id]] = False

    def inside(self, outline: Sequence[tuple[float, float]]) -> list[str]:
        """Return the ids of the photos within an outline, see `within`."""
        return self._ids_of(np.flatnonzero(self._there & within(self.positions, outline)))

    def at(self, x: float, y: float, side: float, reach: float) -> str:
        """
        Return the id of the photo at a point, or "".

        Args:
            side: The longer side of a photo as it is shown now, in heights of the map.
            reach: How far beside a photo a point still means it.
        """
        apart = np.abs(self.positions - [x, y])
        beside = np.maximum(apart - self.sizes(side) / 2, 0)
        distances = np.where(self._there, np.hypot(*beside.T), np.inf)
        hit = np.flatnonzero(distances <= 0)
        if hit.size:
            return self.ids[int(hit[-1])]  # The one drawn last lies on top.
        if not distances.size or distances.min() > reach:
            return ""
        return self.ids[int(distances.argmin())]

    def near(self, x: float, y: float, most: int) -> list[tuple[str, str, float, float, float]]:
        """Return (id, title, x, y, shape) of the photos nearest to a point, the nearest first."""
        numbers = self._nearest(x, y, most)
        return [
            (self.ids[number], self.facts[number].title, *self.positions[number].tolist(), float(self.shapes[number]))
            for number in numbers
        ]

    def sizes(self, side: float) -> npt.NDArray[np.floating]:
        """Return (N, 2) width and height of each photo whose longer side has this length."""
        return side * np.stack([np.minimum(self.shapes, 1), np.minimum(1 / self.shapes, 1)], axis=1)

    def in_view(self, left: float, top: float, right: float, bottom: float, most: int) -> npt.NDArray[np.int64]:
        """Return the numbers of the photos in a part of the map, those nearest to its middle first."""
        x, y = self.positions.T
        within_box = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        numbers = self._nearest((left + right) / 2, (top + bottom) / 2, len(self.ids))
        return numbers[within_box[numbers]][:most]

    def states(self, selected: Collection[str]) -> npt.NDArray[np.uint8]:
        """Return (N,) 0 for a photo that is gone, 2 for a selected one, 1 for any other."""
        states = self._there.astype(np.uint8)
        marked = [self._places[image_id] for image_id in selected if image_id in self._places]
        states[marked] *= 2
        return states

    def times(self) -> npt.NDArray[np.float64]:
        """Return (N,) when each photo was taken, in seconds since 1970 by the clock there; NaN where it is unknown."""
        values = [facts.taken[:19] or "NaT" for facts in self.facts]
        times = np.array(values, dtype="datetime64[s]")
        return np.where(np.isnat(times), np.nan, times.astype(np.int64).astype(float))

    def islands(self) -> tuple[list[Island], list[Island]]:
        """Return the large islands that have a name, and the small ones."""
        names = [facts.names if there else {} for facts, there in zip(self.facts, self._there, strict=True)]
        large, small = (named(self.positions, self._islands(blur), names) for blur in (LARGE, SMALL))
        return large, small

    def colours(self, by: str) -> tuple[npt.NDArray[np.uint8], list[tuple[str, str]]]:
        """
        Colour photos by "tag", "month" or "island"; not at all by anything else.

        Returns:
            (N, 4) red, green, blue and whether there is a colour, 0 to 255; and what the colours mean: (name, colour).
        """
        if by == "tag":
            counted = Counter(tag for facts in self.facts for tag in facts.tags).most_common(HUES)
            groups = {tag: number for number, (tag, _) in enumerate(counted)}
            found = [next((groups[tag] for tag in facts.tags if tag in groups), -1) for facts in self.facts]
            palette = [hue(number / HUES) for number in range(len(groups))]
            meanings = list(zip(groups, map(css, palette), strict=True))
        elif by == "month":
            months = sorted({facts.taken[:7] for facts in self.facts} - {""})
            found = [months.index(facts.taken[:7]) if facts.taken else -1 for facts in self.facts]
            palette = [hue(0.72 - 0.6 * number / max(len(months) - 1, 1)) for number in range(len(months))]
            meanings = (
                [(months[number], css(palette[number])) for number in sorted({0, len(months) - 1})] if months else []
            )
        elif by == "island":
            found = self._islands(SMALL).tolist()
            palette = [hue(number * 0.381966) for number in range(max(found, default=-1) + 1)]
            meanings = []
        else:
            found, palette, meanings = [-1] * len(self.ids), [], []
        table = np.array([*((*colour, 255) for colour in palette), (0, 0, 0, 0)], dtype=np.uint8)
        return table[found].reshape(-1, 4), meanings

    def overview(self, width: int, height: int) -> npt.NDArray[np.uint8]:
        """Draw the photos as dots: (height, width, 4) red, green, blue and opacity."""
        scale = [(width - 1) / self.aspect, height - 1]
        x, y = np.clip(np.rint(self.positions[self._there] * scale), 0, [width - 1, height - 1]).astype(np.int64).T
        counts = np.bincount(y * width + x, minlength=width * height)
        dots = np.full((width * height, 4), 255, dtype=np.uint8)
        dots[:, 3] = np.where(counts, np.minimum(120 + 45 * counts, 255), 0)
        return dots.reshape(height, width, 4)

    def _islands(self, blur: float) -> npt.NDArray[np.int64]:
        # At least as far as a photo is long, or in a small library each would be an island of its own.
        return islands_of(self.positions, self.aspect, max(blur, 0.8 * self.side))

    def _nearest(self, x: float, y: float, most: int) -> npt.NDArray[np.int64]:
        distances = np.where(self._there, np.hypot(*(self.positions - [x, y]).T), np.inf)
        numbers = np.argsort(distances, kind="stable")[:most]
        return numbers[np.isfinite(distances[numbers])]

    def _ids_of(self, numbers: npt.NDArray[np.int64]) -> list[str]:
        return [self.ids[number] for number in numbers]


def read_rows(rows: bytes, dimension: int) -> tuple[list[str], npt.NDArray[np.float16]]:
    """
    Read the API's answer to a request for vectors: ids and (N, dimension) vectors.

    Args:
        rows: For each photo the 16 bytes of its id and `dimension` values of little-endian float16.

    Raises:
        ValueError: These are not whole rows.
    """
    table = np.frombuffer(rows, dtype=[("id", f"V{ID_BYTES}"), ("vector", "<f2", (dimension,))])
    return [row.tobytes().hex() for row in table["id"]], table["vector"]


def within(points: Positions, outline: Sequence[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    """
    Tell which points lie within a closed outline, by the even-odd rule: (N,) bool.

    Args:
        outline: Its corners. Fewer than three enclose nothing.
    """
    x, y = points.T
    inside = np.zeros(len(points), dtype=bool)
    for (from_x, from_y), (to_x, to_y) in zip(outline, [*outline[1:], *outline[:1]], strict=True):
        if from_y == to_y:
            continue  # Level with the ray from a point to the right: it crosses the neighbours instead.
        crosses = (y < from_y) != (y < to_y)
        inside ^= crosses & (x < from_x + (y - from_y) * ((to_x - from_x) / (to_y - from_y)))
    return inside


def hue(turn: float) -> tuple[int, int, int]:
    """Return a bright colour that is seen on a dark ground; `turn` goes once around the colours from 0 to 1."""
    red, green, blue = colorsys.hls_to_rgb(turn % 1, 0.62, 0.85)
    return round(red * 255), round(green * 255), round(blue * 255)


def css(colour: tuple[int, int, int]) -> str:
    """Write a colour for a style."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
