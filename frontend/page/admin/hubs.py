"""Shows administrators which photos are hidden from searches, and lets them unhide or delete each."""

from frontend.page.browser.dom import find, make
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.wording.numbers import counted


class Hubs:
    """The list of hidden photos, which is shown only if there are any."""

    def __init__(self, api, on_delete) -> None:
        """`on_delete` is called with images to delete; it offers to undo that."""
        self._api = api
        self._on_delete = on_delete

    async def show(self, space) -> None:
        """List what is hidden, if the visitor is an administrator."""
        if space.role != "admin":
            return
        try:
            answer = await self._api.hubs()
        except APIError:
            return  # The library says what is wrong.
        hidden = [hub for hub in answer["hubs"] if hub["state"] == "hidden"]
        find("hub-rows").replaceChildren(*[self._row(hub) for hub in hidden])
        self._count(answer["total"] - (len(answer["hubs"]) - len(hidden)))

    def _row(self, hub: dict):
        image = hub["image"]
        name = image["title"] or image["file_name"]
        element = make("li", "unreadable")
        thumbnail = make("img", alt="", width="64", height="64", crossorigin="anonymous", src=image["thumbnail_url"])
        stage = make("span", "stage", frequency(hub["share"]), role="status")
        show = make("button", "quiet", "Show in searches", type="button", aria_label=f"Show {name} in searches")
        delete = make("button", "quiet danger", "Delete", type="button", aria_label=f"Delete {name}")
        show.addEventListener("click", lambda event: start(self._unhide(image, element, stage)))
        delete.addEventListener("click", lambda event: self._delete(image, element))
        element.append(thumbnail, make("span", "name", name, title=image["file_name"]), stage, show, delete)
        return element

    async def _unhide(self, image: dict, element, stage) -> None:
        try:
            await self._api.clear_hub(image["id"])
        except APIError as exc:
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
        find("hubs-summary").textContent = counted(hidden, "photo is", "photos are") + " hidden from searches"
        find("hubs").hidden = not hidden


def frequency(share: float) -> str:
    """Say in how many searches a photo was among the first ten."""
    if share < 0.01:
        return "Rarely among the first ten by itself, often together with photos like it."
    return f"Among the first ten of {round(100 * share)} % of searches."
