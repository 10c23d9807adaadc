"""
The view in which people tidy up: groups of photos that are versions of one another, one of each suggested to be kept.

One group is the current one: Tab reaches its choice and its buttons only, the arrow keys lead to others.
"""

from pyscript import document, window

from frontend.page.browser.dom import dialog_is_open, find, notice
from frontend.page.browser.tasks import start
from frontend.page.browser.throttle import Throttle
from frontend.page.server.api import APIError
from frontend.page.tidy.compared_photos import ComparedPhotos
from frontend.page.tidy.decisions import Decisions
from frontend.page.tidy.differences import facts_of
from frontend.page.tidy.duplicate_groups import DuplicateGroups
from frontend.page.tidy.group_element import KEEP_ALL, group_element, show_choice
from frontend.page.tidy.phrases import accept_text, looking_text
from frontend.page.tidy.waiting_count import WaitingCount
from frontend.page.wording.facts import day_there, local_day
from frontend.page.wording.numbers import counted

# Groups that are loaded at a time: some windows full, and all at once the most that the API gives.
PAGE = 20
LARGEST_PAGE = 50

# How near the end of the list, in heights of the window, the next ones are loaded.
AHEAD = 2

# How often it is looked while the page scrolls whether it is that near.
LOOK_MS = 100

# From how many groups on it is said how many of them are over, while the server is told.
MANY = 10


class Tidy:
    """The view, and the number of groups in the bars."""

    def __init__(self, api, cards, known, addresses, undo_bar, on_look, on_change, on_gone) -> None:
        """
        Make the view work.

        Args:
            addresses: The page's `FreshAddresses`; `cards`, `known` and `undo_bar` are the page's, too.
            on_look: Called with an image that is to be looked at large, and the photos it is compared with.
            on_change: Called when photos are withdrawn here, or are back.
            on_gone: Called with each image that is deleted for good.
        """
        self._api = api
        self._known = known
        self._addresses = addresses
        self._on_look = on_look
        self._on_change = on_change
        self._groups = DuplicateGroups(known)
        self.photos = ComparedPhotos(self._groups, self._looked_at)
        """The photos of one group, for the lightbox."""
        self._decisions = Decisions(api, cards, self._groups, undo_bar, self._decided, on_gone, self._progressed)
        self._count = WaitingCount(api, self._counted)
        self._counts = {"total": 0, "checked": 0, "waiting": 0, "spare_images": 0, "saves_bytes": 0}
        # Whether the visitor may decide; None until the server has said so.
        self._writes: bool | None = None
        # Where the next page begins; None once all are loaded.
        self._next: str | None = None
        # How often the list was begun anew: an answer to a request of before is nothing to it.
        self._turn = 0
        self._loading = False
        # Why the list could not be loaded; empty if it could.
        self._failure = ""
        # How many groups, and photos beyond one of each, the API has that are not loaded. Others come from elsewhere.
        self._beyond = (0, 0)
        # How many new groups are offered to be shown.
        self._new = 0
        self._renewing = False
        # Group id -> (id, title and tags of the photos that are shown, element).
        self._elements: dict = {}
        self._current = ""
        self._listen()

    def _listen(self) -> None:
        view, groups = find("tidy"), find("tidy-groups")
        view.addEventListener("keydown", self._key)
        groups.addEventListener("keyup", released)
        groups.addEventListener("click", self._clicked)
        groups.addEventListener("change", self._chosen)
        groups.addEventListener("submit", self._submitted)
        groups.addEventListener("focusin", self._focused)
        near = Throttle(self._load_more, LOOK_MS)
        document.addEventListener("scroll", lambda event: near.soon() if self._is_shown else None)
        find("tidy-accept").addEventListener("click", lambda event: start(self._accept_all()))
        for name in ("tidy-new", "tidy-again"):
            find(name).addEventListener("click", lambda event: self.show())

    async def begin(self) -> None:
        """Count the groups, once the server is there."""
        self._writes = (await self._api.space()).role != "read"
        await self._count.ask()
        if self._is_shown:
            self.show()

    def show(self) -> None:
        """Show the groups as they are now, from the first on."""
        if self._writes is None:
            return
        self._turn += 1
        self._loading = False
        self._next = None
        start(self._load(None))

    def library_changed(self) -> None:
        """Learn what the library has become, elsewhere or here."""
        if self._writes is not None:
            start(self._count.ask())

    def retry(self) -> None:
        """Load what could not be loaded, now that the server is back."""
        self.library_changed()
        if self._failure and self._is_shown:
            self.show()

    def refresh(self) -> None:
        """Draw what has changed: photos that were withdrawn, or are back."""
        self._draw()

    def forget(self, image_id: str) -> None:
        """Take out a photo that was deleted."""
        if self._groups.forget(image_id):
            self.library_changed()
            self._draw()

    @property
    def _is_shown(self) -> bool:
        return document.body.dataset.view == "tidy"

    # Loading

    async def _load(self, after: str | None) -> None:
        """Load a page of groups: the first, or that which a cursor leads to."""
        turn = self._turn
        self._loading = True
        try:
            page = await self._api.duplicates(PAGE, after)
        except APIError as exc:
            if turn == self._turn:
                self._loading = False
                self._failure = exc.message
                self._say()
            return
        if turn == self._turn:
            self._loading = False
            self._take(page, after is None)

    def _take(self, page: dict, first: bool) -> None:
        self._failure = ""
        self._next = page["next"]
        if first:
            self._groups.begin(page["groups"])
        else:
            self._groups.extend(page["groups"])
        if first:
            self._new = 0
        self._counts = page
        self._beyond = self._not_loaded()
        self._draw()
        self._count.hear(page)
        self._load_more()

    def _load_more(self) -> None:
        """Load the next groups where the end of the list is near."""
        if not self._next or self._loading or not self._is_shown:
            return
        if find("tidy-groups").getBoundingClientRect().bottom < (1 + AHEAD) * window.innerHeight:
            start(self._load(self._next))

    async def _load_all(self) -> bool:
        """Load all groups that are not loaded yet; returns whether that worked."""
        turn = self._turn
        while self._next:
            try:
                page = await self._api.duplicates(LARGEST_PAGE, self._next)
            except APIError as exc:
                notice(exc.message)
                return False
            if turn != self._turn:
                return False
            self._next = page["next"]
            self._groups.extend(page["groups"])
        return True

    # Counting

    def _counted(self, counts: dict) -> None:
        self._counts = counts
        self._groups.prune()
        self._say()
        if self._is_shown and not self._loading and self._not_loaded() != self._beyond:
            start(self._renew())

    def _not_loaded(self) -> tuple[int, int]:
        groups, photos = self._groups.listed()
        return self._counts["total"] - groups, self._counts["spare_images"] - photos

    async def _renew(self) -> None:
        """Show what has become of the groups elsewhere, and offer new ones."""
        if self._renewing:
            return
        if not self._groups.shown():
            self.show()  # There is nothing that would be pushed away.
            return
        turn = self._turn
        self._renewing = True
        try:
            page = await self._api.duplicates(LARGEST_PAGE, None)
        except APIError:
            return  # The page says so; the next count asks again.
        finally:
            self._renewing = False
        if turn == self._turn:
            self._new = self._groups.renew(page["groups"], page["next"] is None)
            self._counts = page
            self._beyond = self._not_loaded()
            self._draw()
            if self._new and not self._groups.shown():
                self.show()

    def _say(self) -> None:
        """Say how many groups there are, what could be done with all of them, or why there are none."""
        groups, photos, size = self._groups.no_more()
        waiting = max(self._counts["total"] - groups, 0)
        self._count.show(waiting)
        if self._writes is None:
            return
        looking = looking_text(self._counts["checked"], self._counts["waiting"])
        shown = bool(self._groups.shown())
        find("tidy-summary").textContent = counted(waiting, "group", "groups") if waiting else ""
        find("tidy-looking").textContent = looking
        find("tidy-failure").hidden = not self._failure
        find("tidy-failure-text").textContent = self._failure
        find("tidy-help").hidden = not shown
        find("tidy-read").hidden = self._writes or not shown
        find("tidy-all").hidden = not self._writes or not shown
        find("tidy-frees").textContent = accept_text(
            max(self._counts["spare_images"] - photos, 0), max(self._counts["saves_bytes"] - size, 0)
        )
        find("tidy-none").hidden = bool(waiting or looking or self._failure)
        find("tidy-wait").hidden = bool(waiting or self._failure) or not looking
        find("tidy-new").hidden = not (shown and self._new)
        find("tidy-new").textContent = counted(self._new, "new group", "new groups")
        find("tidy").setAttribute("aria-busy", str(self._loading and not shown).lower())

    # Drawing

    def _draw(self) -> None:
        """Draw the groups that wait for a decision; elements of those that are as they were stay."""
        if self._writes is None:
            return
        place, wanted = None, set()
        for group in self._groups.shown():
            place = self._draw_group(group, place)
            wanted.add(group["id"])
        for group_id in [group_id for group_id in self._elements if group_id not in wanted]:
            self._elements.pop(group_id)[1].remove()
        self._keep_current()
        self._say()

    def _draw_group(self, group: dict, before):
        """Draw a group after the element `before`, unless it is there; returns its element."""
        members = self._groups.members(group)
        said = [(image["id"], image["title"], image["tags"]) for image in members]
        drawn, element = self._elements.get(group["id"], ([], None))
        if drawn == said:
            return element
        new = group_element(group, members, facts_of(members, day_there, local_day), bool(self._writes))
        for place, version in enumerate(list(new.querySelectorAll(".version"))):
            image = members[place]
            if image.get("color"):
                version.querySelector(".picture").style.backgroundColor = image["color"]
            self._addresses.show(version.querySelector("img"), image)
        self._elements[group["id"]] = (said, new)
        self._show_choice(group)
        if element:
            had_focus = element.contains(document.activeElement)
            element.replaceWith(new)
            if had_focus:
                self._focus(group)
        elif before:
            before.after(new)
        else:
            find("tidy-groups").prepend(new)
        return new

    def _show_choice(self, group: dict) -> None:
        keeper, others = self._groups.keeper(group), self._groups.others(group)
        show_choice(self._elements[group["id"]][1], group, keeper, others, bool(self._writes))

    # The current group

    def _keep_current(self) -> None:
        """Let one group be the current one: that which was; where that is gone, the first."""
        if self._current in self._elements:
            self._mark(self._current, True)
        else:
            shown = self._groups.shown()
            self._current = shown[0]["id"] if shown else ""
            if shown:
                self._mark(self._current, True)

    def _mark(self, group_id: str, current: bool) -> None:
        """Let Tab reach the choice and the buttons of a group, or not."""
        element = self._elements[group_id][1]
        element.classList.toggle("current", current)
        for part in list(element.querySelectorAll("input, .decide button")):
            part.tabIndex = 0 if current else -1

    def _make_current(self, group_id: str) -> None:
        if group_id != self._current:
            if self._current in self._elements:
                self._mark(self._current, False)
            self._current = group_id
            self._mark(group_id, True)

    def _focus(self, group: dict | None) -> None:
        """Give the focus to the photo of a group that is to be kept, and bring the group into sight."""
        if not group or group["id"] not in self._elements:
            find("tidy").focus({"preventScroll": True})
            return
        self._make_current(group["id"])
        element = self._elements[group["id"]][1]
        element.querySelector("input:checked").focus({"preventScroll": True})
        element.scrollIntoView({"block": "nearest"})

    def _looked_at(self, group: dict | None) -> None:
        """Go on with a group of which a photo was looked at large, where its title and tags can be changed."""
        self._draw()
        self._focus(group)

    def _focused(self, event) -> None:
        item = event.target.closest(".duplicates")
        if item:
            self._make_current(item.dataset.group)

    def _beside(self, step: int) -> dict | None:
        """Return the group before (-1) or after (1) the current one, None at the ends."""
        shown = self._groups.shown()
        ids = [group["id"] for group in shown]
        place = ids.index(self._current) + step if self._current in ids else 0
        return shown[place] if 0 <= place < len(shown) else None

    # What people do

    def _key(self, event) -> None:
        """Move among groups and photos, or decide about the current group."""
        if event.ctrlKey or event.altKey or event.metaKey or dialog_is_open():
            return
        in_view = event.target.isSameNode(find("tidy"))
        group = self._groups.get(self._current)
        if not group or not (in_view or event.target.closest(".duplicates")):
            return
        on_choice = event.target.matches("input")
        if event.key in ("ArrowUp", "ArrowDown", "Home", "End"):
            act = self._move
        elif on_choice and event.key in ("ArrowLeft", "ArrowRight"):
            act = self._step
        elif in_view and event.key in ("ArrowLeft", "ArrowRight"):
            act = self._enter
        elif on_choice and event.key == " ":
            act = self._look
        elif event.key in ("k", "K") and self._writes:
            act = self._keep_all
        else:
            return
        event.preventDefault()
        act(group, event.key)

    def _move(self, group: dict, key: str) -> None:
        """Go to another group."""
        shown = self._groups.shown()
        if not find("tidy-groups").contains(document.activeElement):
            to = group  # From the view itself into it.
        elif key in ("Home", "End"):
            to = shown[0 if key == "Home" else -1]
        else:
            to = self._beside(-1 if key == "ArrowUp" else 1)
        if to:
            self._focus(to)

    def _step(self, group: dict, key: str) -> None:
        """Choose the photo beside the chosen one."""
        ids = [image["id"] for image in self._groups.members(group)]
        place = ids.index(self._groups.keeper(group)["id"]) + (1 if key == "ArrowRight" else -1)
        if 0 <= place < len(ids):
            self._choose(group, ids[place])
            self._focus(group)

    def _enter(self, group: dict, key: str) -> None:
        self._focus(group)

    def _look(self, group: dict, key: str) -> None:
        self._on_look(self._groups.keeper(group), self.photos)

    def _clicked(self, event) -> None:
        button = event.target.closest("[data-action]")
        group = self._group_at(event)
        if not button or not group:
            return
        if button.dataset.action == KEEP_ALL:
            self._keep_all(group)
        else:
            image = self._known.get(button.closest("[data-id]").dataset.id)
            if image:
                self._on_look(image, self.photos)

    def _chosen(self, event) -> None:
        group = self._group_at(event)
        if group:
            self._choose(group, event.target.value)

    def _choose(self, group: dict, image_id: str) -> None:
        self._groups.choose(group, image_id)
        self._show_choice(group)
        self._say()

    def _submitted(self, event) -> None:
        """Keep the chosen one: at the press of the button, or of Enter on the choice."""
        event.preventDefault()
        group = self._group_at(event)
        if group and self._writes:
            self._decide(group, lambda: self._decisions.keep_one([group]))

    def _keep_all(self, group: dict, key: str = "") -> None:
        self._decide(group, lambda: self._decisions.keep_all(group))

    def _decide(self, group: dict, decide) -> None:
        """Decide about a group, and go on to the next one."""
        self._make_current(group["id"])
        following = self._beside(1) or self._beside(-1)
        decide()
        self._focus(following)
        self._load_more()

    async def _accept_all(self) -> None:
        """Keep the chosen one of every group, those that are not loaded yet included."""
        button = find("tidy-accept")
        button.disabled = True
        loaded = await self._load_all()
        button.disabled = False
        groups = self._groups.shown()
        if loaded and groups:
            self._decisions.keep_one(groups)
            self._focus(None)

    def _group_at(self, event) -> dict | None:
        item = event.target.closest(".duplicates")
        return self._groups.get(item.dataset.group) if item else None

    # What becomes of it

    def _decided(self, back: dict | None) -> None:
        self._on_change()  # Which has them drawn here, too.
        if back and self._is_shown:
            self._focus(back)

    def _progressed(self, over: int, total: int) -> None:
        progress = find("tidy-progress")
        progress.textContent = f"Deleting: {over:,} of {total:,} groups done" if total > MANY and over < total else ""
        if over == total:
            start(self._count.ask())


def released(event) -> None:
    """Keep the space bar, which looks at the photo, from doing what it does to any choice."""
    if event.key == " " and event.target.matches("input"):
        event.preventDefault()
