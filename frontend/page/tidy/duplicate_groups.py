"""
The groups of duplicates that the page has loaded, and which photo of each is to be kept.

A group is what the API lists: `id`, `images` (best first), `keeper`, `reason`, `saves_bytes`. A photo that waits to be
deleted is out of its group until it is deleted or restored. Pure, so that it is tested without a browser.
"""


class DuplicateGroups:
    """Groups in the API's order."""

    def __init__(self, known) -> None:
        """`known` is the page's `KnownImages`."""
        self._known = known
        self._groups = []
        # Image id -> the group that it is in.
        self._group_of = {}
        # Group id -> id of the image that somebody has chosen to keep in place of the suggested one.
        self._chosen = {}
        # Ids of the groups that are decided: shown no more, unless that is undone or fails.
        self._settled = set()
        # Of these, the ones whose decision the server has confirmed.
        self._finished = set()

    def shown(self) -> list[dict]:
        """Return the groups that wait for a decision."""
        return [group for group in self._groups if self.waits(group)]

    def waits(self, group: dict) -> bool:
        """Whether there is something to decide about a group: two photos or more, and nobody has yet."""
        return group["id"] not in self._settled and len(self.members(group)) > 1

    def begin(self, groups: list[dict]) -> None:
        """Take these in place of all groups; what was chosen in those that are the same stays chosen."""
        kept = {group["id"] for group in groups}
        self._groups = list(groups)
        self._group_of = {}
        self._chosen = {group_id: image_id for group_id, image_id in self._chosen.items() if group_id in kept}
        self._learn(groups)

    def extend(self, groups: list[dict]) -> None:
        """Take the next page of groups."""
        have = {group["id"] for group in self._groups}
        new = [group for group in groups if group["id"] not in have]
        self._groups += new
        self._learn(new)

    def renew(self, groups: list[dict], all_there: bool) -> int:
        """
        Take groups as they are now in place of those that have some of the same photos, without moving any.

        Args:
            groups: The first ones of the API's list.
            all_there: Whether these are all; else one that is not among them may come later in the list.

        Returns:
            How many of the groups are new. They are not taken: they would push away what people look at.
        """
        left = list(groups)
        renewed = []
        for group in self._groups:
            ids = [image["id"] for image in group["images"]]
            now = [other for other in left if any([image["id"] in ids for image in other["images"]])]
            left = [other for other in left if other not in now]
            if group["id"] in self._settled or not (now or all_there):
                renewed.append(group)
            else:
                renewed += now
                self._learn(now)
            for other in now:
                self._chosen.setdefault(other["id"], self._chosen.get(group["id"], ""))
        self._groups = renewed
        self._group_of = {image["id"]: group for group in renewed for image in group["images"]}
        return len(left)

    def get(self, group_id: str) -> dict | None:
        """Return a group, None if it is not loaded."""
        found = [group for group in self._groups if group["id"] == group_id]
        return found[0] if found else None

    def group_of(self, image_id: str) -> dict | None:
        """Return the shown group that a photo is in, None if it is in none."""
        group = self._group_of.get(image_id)
        return group if group and self.waits(group) and not self._known.is_withdrawn(image_id) else None

    def members(self, group: dict) -> list[dict]:
        """Return the photos of a group that are there, as they are known now, best first."""
        there = [image for image in group["images"] if not self._known.is_withdrawn(image["id"])]
        return [self._known.get(image["id"]) or image for image in there]

    def keeper(self, group: dict) -> dict:
        """Return the photo that is to be kept: the chosen one, else the best that is there."""
        members = self.members(group)
        chosen = [image for image in members if image["id"] == self._chosen.get(group["id"])]
        return chosen[0] if chosen else members[0]

    def others(self, group: dict) -> list[dict]:
        """Return the photos that are to be deleted."""
        keeper = self.keeper(group)
        return [image for image in self.members(group) if image["id"] != keeper["id"]]

    def choose(self, group: dict, image_id: str) -> None:
        """Keep this photo."""
        self._chosen[group["id"]] = image_id

    def settle(self, group: dict) -> None:
        """Show a group no more: it is decided."""
        self._settled.add(group["id"])

    def unsettle(self, group: dict) -> None:
        """Show a group again: the decision was undone."""
        self._settled.discard(group["id"])

    def forget(self, image_id: str) -> bool:
        """Take out a photo that was deleted; returns whether the group that it was in is shown, or was."""
        group = self._group_of.pop(image_id, None)
        if group:
            group["images"] = [image for image in group["images"] if image["id"] != image_id]
        return bool(group) and group["id"] not in self._settled

    def finish(self, group: dict) -> None:
        """Note that the server has confirmed the decision."""
        self._finished.add(group["id"])

    def prune(self) -> None:
        """Drop the groups that the API lists no more, as far as is known here."""
        self._groups = [
            group for group in self._groups if len(group["images"]) > 1 and group["id"] not in self._finished
        ]
        self._settled -= self._finished
        self._finished = set()

    def listed(self) -> tuple[int, int]:
        """Return how many groups are loaded, as the API lists them, and how many photos beyond one of each."""
        return len(self._groups), sum([len(group["images"]) - 1 for group in self._groups])

    def no_more(self) -> tuple[int, int, int]:
        """
        Return how many groups, photos to delete and bytes to free are among the API's sums that are not any more here.

        The API counts what waits to be deleted until it is, and suggests a photo where somebody has chosen another.
        """
        group_count = photo_count = size = 0
        for group in self._groups:
            others = self.others(group) if self.waits(group) else []
            group_count += 0 if others else 1
            photo_count += len(group["images"]) - 1 - len(others)
            size += size_of(group["images"][1:]) - size_of(others)
        return group_count, photo_count, size

    def _learn(self, groups: list[dict]) -> None:
        for group in groups:
            for image in group["images"]:
                self._known.learn(image)
                self._group_of[image["id"]] = group


def size_of(images: list[dict]) -> int:
    """Return the size of the files of some photos, in bytes."""
    return sum([image["size"] for image in images])
