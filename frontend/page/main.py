"""Assemble the page: index.html says what people see, this wires what they do to the two flows."""

from pyscript import document, window

from frontend.page.adding.drop_and_choose import FileInputs
from frontend.page.adding.upload_queue import UploadQueue
from frontend.page.admin.hubs import Hubs
from frontend.page.admin.warnings import show_warnings
from frontend.page.browser.address import Address
from frontend.page.browser.dom import dialog_is_open, find, is_typed_in, limit_lengths, menu_is_open
from frontend.page.browser.tasks import start
from frontend.page.browser.views import LIBRARY, MAP, RESULTS, TIDY, Views
from frontend.page.grid import photo_keys
from frontend.page.grid.cards import DELETE, LESS_LIKE, MORE_LIKE, OPEN, SELECT, SIMILAR, Cards
from frontend.page.grid.fresh_addresses import FreshAddresses
from frontend.page.grid.known_images import KnownImages
from frontend.page.grid.long_press import LongPress
from frontend.page.grid.plain_grid import PlainGrid
from frontend.page.grid.range_drag import RangeDrag
from frontend.page.grid.undo_bar import UndoBar
from frontend.page.library.library import Library
from frontend.page.library.selection import Selection
from frontend.page.library.undoable_deletion import UndoableDeletion
from frontend.page.map.map import Map
from frontend.page.model.about import About
from frontend.page.model.embedder import Embedder
from frontend.page.model.renewal import renew_when_fat
from frontend.page.model.start_up import StartUp
from frontend.page.photo.lightbox import Lightbox
from frontend.page.reembedding.notice import show_notice
from frontend.page.searching.search import Search
from frontend.page.searching.search_field import SearchField
from frontend.page.server.addresses import server_url
from frontend.page.server.api import API
from frontend.page.server.api_key import APIKey
from frontend.page.server.rights import Rights
from frontend.page.server.watch import ServerWatch
from frontend.page.tidy.tidy import Tidy

# The address's parameter that names the view; the library and results need none.
VIEW = ("view",)

# The views that it names, and what the way back to them is called.
NAMED = {MAP: "Map", TIDY: "Tidy up"}


class Page:
    """Everything on the page, and what happens when people touch it."""

    def __init__(self) -> None:
        self.api = API(server_url("/api/v1"), APIKey())
        self.rights = Rights()
        self.embedder = Embedder()
        self.address = Address()
        known = KnownImages()
        self.known = known
        addresses = FreshAddresses(self.api, known)
        self.cards = cards = Cards(known, addresses)
        self.views = Views(self._choose_view)
        self.field = SearchField(self.api, self._set_words)
        self.library = Library(
            self.api,
            self.embedder,
            self.address,
            cards,
            known,
            self._library_reloads,
            lambda: self.selection.recount(),
            lambda: self.tidy.library_changed(),
        )
        self.start_up = StartUp(self.embedder, "Search by photo")
        self.about = About(self.api, self.embedder, self.start_up)
        self.search = Search(
            self.embedder,
            self.api,
            self.address,
            cards,
            known,
            lambda shown: self._show_view(),
            self._forget,
            self.about.note_search,
        )
        self.uploads = UploadQueue(
            self.embedder, self.api, self._wanted, self._added, self.cards.redraw, self._unwanted
        )
        self.undo_bar = UndoBar()
        self.deletion = UndoableDeletion(self.api, cards, self.undo_bar, self._forget, self._show_withdrawn)
        self.selection = Selection(
            self.api,
            cards,
            known,
            self.library.grid,
            self._delete,
            self._forget,
            lambda images: start(self.search.by_images(images)),
            lambda: self.map.show_selected(),
        )
        self.matches = PlainGrid("matches", known)
        self.lightbox = Lightbox(
            self.api,
            self.address,
            self.embedder,
            cards,
            known,
            self._grid_shown,
            self._act,
            self._forget,
            self.library.move,
            self.rights,
        )
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
        self.tidy = Tidy(
            self.api, cards, known, addresses, self.undo_bar, self.lightbox.open, self._show_withdrawn, self._forget
        )
        ServerWatch(self.api, self._back)
        FileInputs(self._search_with, self._search_with_image, self._add, self.rights)
        for grid, around in ((self.library.grid, "library"), (self.matches, "results")):
            photo_keys.listen(grid, around, self._press)
            self._listen(grid)
        self._started = False
        self.address.listen(VIEW, self._show_view)
        document.addEventListener("keydown", self._key)
        find("home").addEventListener("click", self._go_home)
        for name in ("files", "folder"):
            listen_as(find(f"welcome-{name}"), find(f"add-{name}"))
        for name in ("camera", "file"):
            listen_as(find(f"menu-{name}"), find(f"search-{name}"))

    async def start(self) -> None:
        """Show the library at once; bring the embedder up beside it."""
        find("unstarted").hidden = True
        find("plain-http").hidden = window.isSecureContext
        self._follow_early_link()
        self._show_view()
        self.library.begin()
        start(self.uploads.resume())
        try:
            space = await self.api.space()
            self._started = True
            self.rights.take(space.role)
            limit_lengths(space.limits)
            start(show_notice(self.api, space))
            start(show_warnings(self.api, space))
            start(Hubs(self.api, self._delete).show(space))
            start(self.tidy.begin())
            start(self.search.by_address())
            start(self.lightbox.by_address())
        except Exception as exc:
            self.start_up.give_up(exc)
            return
        start(renew_when_fat(self.embedder))
        await self.start_up.run(space)

    def _follow_early_link(self) -> None:
        """Go to the view whose link was followed before this page heard of it."""
        name = self.address.fragment()
        if name == LIBRARY or name in NAMED:
            self.address.replace({"view": name if name in NAMED else None}, {})

    def _back(self) -> None:
        """Go on with what the server did not answer."""
        if not self._started:
            start(self.start())
            return
        self.uploads.try_now()
        self.library.retry()
        self.search.retry()
        self.tidy.retry()
        self.lightbox.retry()

    def _go_home(self, event) -> None:
        """Show all of the library from its top, as opening the page anew would, but at once."""
        event.preventDefault()
        self._choose_view(LIBRARY)
        self.library.set_words("")
        self.library.grid.go_to_top()

    def _choose_view(self, name: str) -> None:
        """Go to the view whose link was followed."""
        if self.search.is_open:
            self.search.close()
        wanted = name if name in NAMED else None
        if self.address.parameters(VIEW).get("view") != wanted:
            self.address.push({"view": wanted}, {})
        self._show_view()

    def _show_view(self) -> None:
        """Show the results of a search, else the view that the address names."""
        before = self.views.shown
        named = self.address.parameters(VIEW).get("view")
        below = named if named in NAMED else LIBRARY
        name = RESULTS if self.search.is_open else below
        if name != LIBRARY:
            self.library.grid.leave()
        self.views.show(name)
        self._show_words()
        find("results-back").textContent = NAMED.get(below, "Library")
        if before == MAP and name != MAP:
            self.map.hide()
        if name == LIBRARY:
            self.library.grid.refresh()
        elif name != before:
            window.scrollTo(0, 0)
        if name == MAP:
            self.map.show()
        if name == TIDY and name != before:
            self.tidy.show()

    def _show_words(self) -> None:
        """Show the words of the view that is shown."""
        searching = self.search.is_open
        self.field.show(self.search.words if searching else self.library.words, with_photo=searching)

    def _grid_shown(self):
        """Return the grid that a photo which the address opens lies over."""
        return {RESULTS: self.matches, TIDY: self.tidy.photos}.get(self.views.shown, self.library.grid)

    def _set_words(self, words: str) -> None:
        if self.search.is_open:
            self.search.set_words(words)
        else:
            self.library.set_words(words)

    def _search_with(self, file) -> None:
        find("search-menu").hidePopover()
        start(self.search.by_file(file))

    def _search_with_image(self, image_id: str) -> None:
        image = self.known.get(image_id)
        start(self.search.by_image(image) if image else self.search.by_id(image_id))

    def _add(self, files: list, beside: list, skipped: list[str]) -> None:
        find("add-menu").hidePopover()
        self.uploads.add(files, beside, skipped)

    def _listen(self, grid) -> None:
        drag = RangeDrag(grid, self.known, self.selection.mark, self.selection.end_range)
        press = LongPress(grid, drag)

        def clicked(event) -> None:
            action, image = self.cards.clicked(event)
            touched = event.pointerType == "touch" and self.known.selected_count
            if action == OPEN and touched and not press.has_selected:
                action = SELECT
            if image and not (action == OPEN and press.has_selected):
                self._do(action, image, grid, event.shiftKey)

        grid.element.addEventListener("click", clicked)

    def _press(self, action: str, image_id: str, grid, extending: bool) -> None:
        image = self.known.get(image_id)
        if action == DELETE and self.known.is_selected(image_id):
            self.selection.delete()
        elif image:
            self._do(action, image, grid, extending)

    def _do(self, action: str, image: dict, grid, extending: bool = False) -> None:
        if action == OPEN and self.known.selected_count and grid is not None and extending:
            self.selection.toggle(image, grid, True)
        elif action == OPEN:
            self.lightbox.open(image, grid)
        elif action == SELECT:
            self.selection.toggle(image, grid, extending)
        else:
            self._act(action, image)

    def _act(self, action: str, image: dict) -> None:
        if action == SIMILAR:
            start(self.search.by_image(image))
        elif action in (MORE_LIKE, LESS_LIKE) and self.search.is_open:
            self.search.add_example("more" if action == MORE_LIKE else "less", image)
        elif action == DELETE:
            self._delete([image])

    def _delete(self, images: list[dict]) -> None:
        if not self.rights.may_write:
            return
        self.deletion.delete(images)
        for image in images:
            self.selection.drop(image["id"])
        find(self.views.shown).focus({"preventScroll": True})

    def _show_withdrawn(self) -> None:
        """Show what is withdrawn, or back, where the cards do not see to it."""
        self.library.grid.refresh()
        self.tidy.refresh()

    def _wanted(self, image: dict) -> None:
        self.deletion.keep(image["id"])

    def _unwanted(self, image: dict) -> None:
        self._delete([image])

    def _added(self, image: dict, new: bool) -> None:
        self.library.add(image, new)
        if new:
            self.map.add()

    def _library_reloads(self) -> None:
        self._show_words()
        self.uploads.library_is_reloaded()
        self.selection.library_reloads()
        self.map.reload()

    def _forget(self, image: dict) -> None:
        self.library.forget(image["id"])
        self.search.forget(image["id"])
        self.uploads.forget(image["id"])
        self.selection.drop(image["id"])
        self.map.forget(image["id"])
        self.tidy.forget(image["id"])

    def _key(self, event) -> None:
        if dialog_is_open():
            return
        control = event.ctrlKey or event.metaKey
        if event.key == "Escape" and not has_text(event.target) and not menu_is_open():
            if not self.selection.clear():
                self.search.close()
        elif control and event.key == "z" and not is_typed_in(event.target):
            self.undo_bar.undo()
        elif control and event.key == "a" and not is_typed_in(event.target) and self.views.shown == LIBRARY:
            event.preventDefault()
            self.selection.select_all()
        elif event.key == "?" and not is_typed_in(event.target):
            find("keys-panel").showModal()


def has_text(element) -> bool:
    """Whether this is a field with something in it: there Escape is the field's own."""
    return is_typed_in(element) and bool(element.value)


def listen_as(button, chooser) -> None:
    """Let a button open the dialog of a chooser of files elsewhere."""
    button.addEventListener("click", lambda event: chooser.click())


start(Page().start())
