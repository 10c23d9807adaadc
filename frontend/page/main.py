"""Assemble the page: index.html says what people see, this wires what they do to the two flows."""

from pyscript import document, window

from frontend.page.adding.drop_and_choose import FileInputs
from frontend.page.adding.upload_queue import UploadQueue
from frontend.page.admin.hubs import Hubs
from frontend.page.admin.warnings import show_warnings
from frontend.page.browser.dom import dialog_is_open, find, limit_lengths
from frontend.page.browser.tasks import start
from frontend.page.grid import arrow_keys
from frontend.page.grid.cards import DELETE, LESS_LIKE, MORE_LIKE, OPEN, SELECT, SIMILAR, Cards
from frontend.page.grid.known_images import KnownImages
from frontend.page.grid.plain_grid import PlainGrid
from frontend.page.library.library import Library
from frontend.page.library.selection import Selection
from frontend.page.library.undoable_deletion import UndoableDeletion
from frontend.page.map.map import Map
from frontend.page.model.embedder import Embedder
from frontend.page.model.engine_panel import EnginePanel
from frontend.page.model.start_up import StartUp
from frontend.page.photo.lightbox import Lightbox
from frontend.page.reembedding.notice import show_notice
from frontend.page.searching.search import Search
from frontend.page.server.addresses import server_url
from frontend.page.server.api import API
from frontend.page.server.api_key import APIKey
from frontend.page.server.watch import ServerWatch
from frontend.page.wording.titles_and_tags import split_tags


class Page:
    """Everything on the page, and what happens when people touch it."""

    def __init__(self) -> None:
        self.api = API(server_url("/api/v1"), APIKey())
        self.embedder = Embedder()
        known = KnownImages()
        self.cards = cards = Cards(known)
        self.library = Library(self.api, cards, known, self._library_reloads, lambda: self.selection.recount())
        self.search = Search(self.embedder, self.api, cards, known, self._forget)
        self.uploads = UploadQueue(self.embedder, self.api, self._wanted, self._added, self._unwanted)
        self.deletion = UndoableDeletion(self.api, cards, self._forget, self.library.grid.refresh)
        self.selection = Selection(
            self.api, cards, known, self.library.grid, self._delete, self._forget, lambda: self.map.show_selected()
        )
        self.lightbox = Lightbox(self.api, cards, known, self._act, self._forget)
        self.map = Map(
            self.api,
            self.embedder,
            cards,
            known,
            self.library.conditions,
            self._do,
            self.selection.select,
            self._forget,
        )
        self.start_up = StartUp(self.embedder, "Search by photo")
        ServerWatch(self.api, self._back)
        EnginePanel(self.api, self.embedder, self.start_up)
        FileInputs(self._search_with, self._add)
        for grid, around in ((self.library.grid, "library"), (PlainGrid("matches", known), "results")):
            arrow_keys.listen(grid, around)
            self._listen(grid)
        self._started = False
        document.addEventListener("keydown", self._key)

    async def start(self) -> None:
        """Show the library at once; bring the embedder up beside it."""
        find("unstarted").hidden = True
        find("plain-http").hidden = window.isSecureContext
        self.library.grid.begin()
        start(self.uploads.resume())
        try:
            space = await self.api.space()
            self._started = True
            limit_lengths(space.limits)
            start(show_notice(self.api, space))
            start(show_warnings(self.api, space))
            start(Hubs(self.api, self._delete).show(space))
            start(self.search.by_address())
        except Exception as exc:
            self.start_up.give_up(exc)
            return
        await self.start_up.run(space)

    def _back(self) -> None:
        """Go on with what the server did not answer."""
        if not self._started:
            start(self.start())
            return
        self.uploads.try_now()
        self.library.retry()
        self.search.retry()

    def _search_with(self, file) -> None:
        start(self.search.by_file(file))

    def _add(self, files: list) -> None:
        self.uploads.add(files, split_tags(find("tags").value))

    def _listen(self, grid) -> None:
        def clicked(event) -> None:
            action, image = self.cards.clicked(event)
            self._do(action, image, grid, event.shiftKey)

        grid.element.addEventListener("click", clicked)

    def _do(self, action: str, image: dict, grid, extending: bool = False) -> None:
        if action == OPEN:
            self.lightbox.open(image, grid)
        elif action == SELECT:
            self.selection.toggle(image, grid, extending)
        else:
            self._act(action, image)

    def _act(self, action: str, image: dict) -> None:
        if action == SIMILAR:
            start(self.search.by_image(image))
        elif action == MORE_LIKE:
            self.search.add_example("more", image)
        elif action == LESS_LIKE:
            self.search.add_example("less", image)
        elif action == DELETE:
            self._delete([image])

    def _delete(self, images: list[dict]) -> None:
        self.deletion.delete(images)
        for image in images:
            self.selection.drop(image["id"])
        find("library").focus({"preventScroll": True})

    def _wanted(self, image: dict) -> None:
        self.deletion.keep(image["id"])

    def _unwanted(self, image: dict) -> None:
        self._delete([image])

    def _added(self, image: dict, new: bool) -> None:
        self.library.add(image, new)
        if new:
            self.map.add()

    def _library_reloads(self) -> None:
        self.uploads.library_is_reloaded()
        self.selection.library_reloads()
        self.map.reload()

    def _forget(self, image: dict) -> None:
        self.library.grid.forget(image["id"])
        self.search.forget(image["id"])
        self.uploads.forget(image["id"])
        self.selection.drop(image["id"])
        self.map.forget(image["id"])

    def _key(self, event) -> None:
        if dialog_is_open():
            return
        if event.key == "Escape" and not has_text(event.target):
            if not self.selection.clear():
                self.search.close()
        elif event.key == "z" and (event.ctrlKey or event.metaKey) and event.target.tagName != "INPUT":
            self.deletion.undo()


def has_text(element) -> bool:
    """Whether this is a field with something in it: there Escape is the field's own."""
    return getattr(element, "type", "") != "checkbox" and bool(getattr(element, "value", ""))


start(Page().start())
