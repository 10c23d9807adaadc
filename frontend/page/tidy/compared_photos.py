"""The photos of one group, which the lightbox leads through so that people compare them."""

from frontend.page.browser.dom import find


class ComparedPhotos:
    """Answers the same questions of the lightbox as the grids: about the group of the photo that it asked for last."""

    def __init__(self, groups, on_focus) -> None:
        """`groups` are the view's `DuplicateGroups`; `on_focus` is called with the group that is to have the focus."""
        self.element = find("tidy-groups")
        self._groups = groups
        self._on_focus = on_focus
        self._group = None

    @property
    def count(self) -> int:
        """How many photos there are."""
        return len(self._members())

    def index_of(self, image_id: str) -> int | None:
        """Return the index of a photo in its group, None if it is in none."""
        self._group = self._groups.group_of(image_id)
        ids = [image["id"] for image in self._members()]
        return ids.index(image_id) if image_id in ids else None

    def id_at(self, index: int) -> str | None:
        """Return which photo is at an index, None if there is none."""
        members = self._members()
        return members[index]["id"] if 0 <= index < len(members) else None

    async def find(self, image_id: str) -> int | None:
        """Return the index of a photo, None if it is in no group."""
        return self.index_of(image_id)

    async def image_at(self, index: int) -> dict | None:
        """Return the photo at an index, None if there is none."""
        members = self._members()
        return members[index] if 0 <= index < len(members) else None

    def focus_at(self, index: int) -> None:
        """Give the focus to the group: to the photo that is to be kept, whichever was looked at."""
        self._on_focus(self._group)

    def _members(self) -> list[dict]:
        return self._groups.members(self._group) if self._group else []
