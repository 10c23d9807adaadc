"""What is hidden from searches, for administrators: pictures with how often they were found, to show or delete."""

from frontend.page.browser.dom import find, make
from frontend.page.browser.tasks import start
from frontend.page.server.api import ApiError
from frontend.page.wording.numbers import counted


class Hubs:
    """The list of hidden pictures, which is there only if some are."""

    def __init__(self, api, on_delete) -> None:
        """`on_delete` is called with images that are to be deleted; it offers to undo that."""
        self._api = api
        self._on_delete = on_delete

    async def show(self, space) -> None:
        """Ask what is hidden, if the visitor may know, and list it."""
        if space.role != "admin":
            return
        try:
            answer = await self._api.hubs()
        except ApiError:
            return  # Whatever is wrong, the library says so.
        hidden = [hub for hub in answer["hubs"] if hub["state"] == "hidden"]
        find("hub-rows").replaceChildren(*[self._row(hub) for hub in hidden])
        self._count(answer["total"] - (len(answer["hubs"]) - len(hidden)))

    def _row(self, hub: dict):
        image = hub["image"]
        name = image["title"] or image["file_name"]
        element = make("li", "unreadable")
        picture = make("img", alt="", width="64", height="64", crossorigin="anonymous", src=image["thumbnail_url"])
        stage = make("span", "stage", found(hub["share"]), role="status")
        clear = make("button", "quiet", "Show in searches", type="button", aria_label=f"Show {name} in searches")
        delete = make("button", "quiet danger", "Delete", type="button", aria_label=f"Delete {name}")
        clear.addEventListener("click", lambda event: start(self._clear(image, element, stage)))
        delete.addEventListener("click", lambda event: self._delete(image, element))
        element.append(picture, make("span", "name", name, title=image["file_name"]), stage, clear, delete)
        return element

    async def _clear(self, image: dict, element, stage) -> None:
        try:
            await self._api.clear_hub(image["id"])
        except ApiError as exc:
            stage.textContent = exc.message
            return
        self._drop(element)

    def _delete(self, image: dict, element) -> None:
        self._drop(element)
        self._on_delete([image])

    def _drop(self, element) -> None:
        element.remove()
        self._count(find("hub-rows").children.length)
        find("hubs-summary").focus()

    def _count(self, hidden: int) -> None:
        find("hubs-summary").textContent = counted(hidden, "picture is", "pictures are") + " hidden from searches"
        find("hubs").hidden = not hidden


def found(share: float) -> str:
    """Say how often a picture was among the first of others."""
    if share < 0.01:
        return "Seldom among the first ten by itself, with many like it often."
    return f"Among the first ten of {round(100 * share)} % of searches."
