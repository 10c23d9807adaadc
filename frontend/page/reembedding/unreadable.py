"""The list of photos that no browser could read, and what an administrator can do about each."""

from pyscript import document

from frontend.page.browser.dom import find, make
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import APIError
from frontend.page.wording.numbers import counted


class UnreadablePhotos:
    """The rows; each offers to open the file, to use its thumbnail instead, or to delete the photo."""

    def __init__(self, by_thumbnail, delete, refresh) -> None:
        """
        Args:
            by_thumbnail: Awaited with an image that is to be re-embedded by its thumbnail.
            delete: Awaited with the id of an image that is to be deleted.
            refresh: Awaited after either, to `show` what is left.
        """
        self._by_thumbnail = by_thumbnail
        self._delete = delete
        self._refresh = refresh

    def show(self, count: int, examples: list) -> None:
        """Show some of so many photos. The rows of those that are shown already stay as they are, with their focus."""
        find("unreadable").hidden = not count
        find("unreadable-summary").textContent = counted(count, "photo", "photos")
        rows = find("unreadable-rows")
        wanted = [example["image"]["id"] for example in examples]
        shown = list(rows.children)
        for row in shown:
            if row.getAttribute("data-id") not in wanted:
                row.remove()
        known = [row.getAttribute("data-id") for row in shown]
        rows.append(*[self._row(example) for example in examples if example["image"]["id"] not in known])

    def _row(self, example: dict):
        image = example["image"]
        name = image["title"] or image["file_name"]
        stage = make("span", "stage", example["reason"], role="status")
        row = make("li", "unreadable", data_id=image["id"])
        row.append(
            make("img", alt="", width="64", height="64", crossorigin="anonymous", src=image["thumbnail_url"]),
            make("span", "name", name, title=image["file_name"]),
            stage,
            self._open_link(image, name),
            self._thumbnail_button(image, name, stage),
            self._delete_button(image, name, stage),
        )
        return row

    def _open_link(self, image: dict, name: str):
        link = make("a", "button quiet", "Open", href=image["original_url"], target="_blank", rel="noopener")
        link.setAttribute("aria-label", f"Open the file of {name}")
        return link

    def _thumbnail_button(self, image: dict, name: str, stage):
        button = make("button", "quiet", "Use the thumbnail", type="button")
        button.setAttribute("aria-label", f"Use the thumbnail of {name}")
        button.addEventListener("click", lambda event: start(self._do(self._by_thumbnail(image), button, stage)))
        return button

    def _delete_button(self, image: dict, name: str, stage):
        """Make the button that deletes a photo at the second press: there is no undoing it here."""
        button = make("button", "quiet danger", "Delete", type="button", aria_label=f"Delete {name}")

        def pressed(event) -> None:
            if button.textContent == "Delete":
                button.textContent = "Delete permanently"
                button.setAttribute("aria-label", f"Delete {name} permanently")
            else:
                start(self._do(self._delete(image["id"]), button, stage))

        button.addEventListener("click", pressed)
        return button

    async def _do(self, work, button, stage) -> None:
        """Do something about a photo; then it is not in the list any more, or its row says why not."""
        button.disabled = True
        try:
            await work
            await self._refresh()
            if document.activeElement == document.body:
                find("unreadable").focus()
        except PictureError as exc:
            stage.textContent = str(exc)
        except APIError as exc:
            stage.textContent = exc.message
        finally:
            button.disabled = False
