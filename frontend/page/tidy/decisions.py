"""
Carries out what people decide about groups, once the time to undo it is over.

The photo that is kept is given the tags of the others before any of them is deleted. So a page that is left meanwhile
has deleted nothing whose tags are not kept. Of a group that had not been begun with by then, all photos stay.
"""

from pyscript import document

from frontend.page.browser.dom import notice
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.server.for_each import for_each
from frontend.page.tidy.phrases import deleted_text, kept_text
from frontend.page.wording.numbers import counted


class Decisions:
    """The decisions that can still be undone, and those that the server has not confirmed."""

    def __init__(self, api, cards, groups, undo_bar, on_change, on_gone, on_progress) -> None:
        """
        Args:
            groups: The view's `DuplicateGroups`.
            undo_bar: The page's `UndoBar`.
            on_change: Called when groups are decided, or back; with the first that is back, None where none is.
            on_gone: Called with each image that is deleted for good.
            on_progress: Called with how many of how many groups are over, once the server is told, and at its end.
        """
        self._api = api
        self._cards = cards
        self._groups = groups
        self._undo_bar = undo_bar
        self._on_change = on_change
        self._on_gone = on_gone
        self._on_progress = on_progress
        # The decisions that can still be undone: `id` and `group`, with `keeper` and `others` where some are deleted.
        self._waiting = []
        # Ids of images that may be deleted by now, as their tags are kept, and of which that is not confirmed.
        self._unfinished = set()
        document.defaultView.addEventListener("pagehide", lambda event: self._leave())

    def keep_one(self, groups: list[dict]) -> None:
        """Delete the photos of some groups, except for the one of each that is to be kept."""
        decisions = []
        for group in groups:
            keeper, others = self._groups.keeper(group), self._groups.others(group)
            decisions.append({"id": group["id"], "group": group, "keeper": keeper, "others": others})
        deleted = [image for decision in decisions for image in decision["others"]]
        self._offer(decisions, deleted_text(len(deleted), sum([image["size"] for image in deleted])), "Delete now")

    def keep_all(self, group: dict) -> None:
        """Keep all photos of a group, and have them suggested no more."""
        decision = {"id": group["id"], "group": group, "kept": self._groups.members(group), "others": []}
        self._offer([decision], kept_text(len(decision["kept"])), "Keep now")

    def _offer(self, decisions: list[dict], text: str, now: str) -> None:
        self._undo_bar.offer(text, self._carry_out, lambda: self._take_back(self._take()), now)
        self._waiting = decisions
        for decision in decisions:
            self._groups.settle(decision["group"])
            for image in decision["others"]:
                self._cards.withdraw(image["id"])
        self._on_change(None)

    def _take(self) -> list[dict]:
        """Take the decisions that wait, so that nothing else happens to them."""
        decisions, self._waiting = self._waiting, []
        return decisions

    def _take_back(self, decisions: list[dict]) -> None:
        for decision in decisions:
            self._groups.unsettle(decision["group"])
            for image in decision["others"]:
                self._unfinished.discard(image["id"])
                self._cards.restore(image["id"])
        self._on_change(decisions[0]["group"] if decisions else None)

    def _carry_out(self) -> None:
        start(self._tell(self._take()))

    async def _tell(self, decisions: list[dict]) -> None:
        """Tell the server what was decided."""
        total = len(decisions)
        failed = await for_each(decisions, self._tell_one, lambda over: self._on_progress(over, total))
        if failed:
            self._take_back([decision for decision, error in failed])
            count = counted(len(failed), "group is", "groups are")
            notice(f"{count} as before: {failed[0][1].message}")

    async def _tell_one(self, decision: dict) -> None:
        if decision["others"]:
            await self._delete_others(decision)
        else:
            await self._api.keep_apart([image["id"] for image in decision["kept"]])
        self._groups.finish(decision["group"])

    async def _delete_others(self, decision: dict) -> None:
        ids = [image["id"] for image in decision["others"]]
        try:
            merged = await self._api.merge(decision["keeper"]["id"], ids)
        except APIError as exc:
            if exc.status == 404:  # Deleted elsewhere: then the others are all that is left.
                self._on_gone(decision["keeper"])
            raise
        self._cards.redraw(merged["image"])
        self._unfinished.update(ids)
        for image in list(decision["others"]):
            try:
                await self._api.delete(image["id"])
            except APIError as exc:
                if exc.status != 404:  # Deleted elsewhere already, which is what was wanted.
                    raise
            decision["others"].remove(image)
            self._unfinished.discard(image["id"])
            self._cards.restore(image["id"])
            self._on_gone(image)

    def _leave(self) -> None:
        """Send what can be sent while the page is being left; the browser may drop some, and those photos stay."""
        for image_id in self._unfinished:
            self._api.delete_on_leaving(image_id)
        self._unfinished = set()
        decisions = self._take()
        for decision in decisions:
            if not decision["others"]:
                self._api.keep_apart_on_leaving([image["id"] for image in decision["kept"]])
        if decisions:
            self._take_back([decision for decision in decisions if decision["others"]])
