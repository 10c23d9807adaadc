"""The tags of a photo as pills, each with a × to remove it, and a field to add more, which completes what one types."""

from pyscript import window

from frontend.page.browser.dom import find, icon, make
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.wording.titles_and_tags import problem_of, split_tags

# How many tags are proposed. A guess.
MOST_PROPOSED = 8

# How long somebody who types has to pause before the server is asked. A guess.
PAUSE_MS = 120


class TagsField:
    """The pills and the field of one photo after another."""

    def __init__(self, api, on_tags, on_problem) -> None:
        """`on_tags` is called with all tags once they are others, `on_problem` with why some cannot be tags."""
        self._api = api
        self._on_tags = on_tags
        self._on_problem = on_problem
        self.limits = {}
        """What the server accepts, once that is known."""
        self._tags = []
        self._timer = 0
        self._input = find("lightbox-tags-input")
        self._input.addEventListener("keydown", self._key)
        self._input.addEventListener("input", self._typed)
        self._input.addEventListener("blur", lambda event: self.add())

    @property
    def typed(self) -> str:
        """What is typed and no tag yet."""
        return self._input.value

    def show(self, tags: list, typed: str) -> None:
        """Show the tags of another photo, and what was typed for it."""
        self._input.value = typed
        self.update(tags)

    def update(self, tags: list) -> None:
        """Show other tags of the same photo; pills that stay as they are keep the focus."""
        if tags != self._tags or len(tags) != find("lightbox-tags").childElementCount:
            self._tags = list(tags)
            find("lightbox-tags").replaceChildren(*[self._pill(tag) for tag in tags])

    def add(self) -> str:
        """
        Make tags of what is typed.

        Returns:
            Why the server would refuse them: then they stay in the field. Empty if all is well.
        """
        if not self.typed.strip():
            return ""
        tags = split_tags(",".join(self._tags) + "," + self.typed)
        problem = problem_of(tags, self.limits) if self.limits else ""
        self._on_problem(problem)
        if not problem:
            self._input.value = ""
            self._set(tags)
        return problem

    def _set(self, tags: list) -> None:
        if tags != self._tags:
            self.update(tags)
            self._on_tags(tags)

    def _pill(self, tag: str):
        pill = make("li", "pill")
        remove = make("button", "writes", type="button", aria_label=f"Remove the tag {tag}", title="Remove")
        remove.append(icon("x"))
        remove.addEventListener("click", lambda event: self._remove(tag))
        pill.append(make("span", "", tag), remove)
        return pill

    def _remove(self, tag: str) -> None:
        self._set([other for other in self._tags if other != tag])
        self._input.focus()

    def _key(self, event) -> None:
        if event.key in ("Enter", ",") and not event.isComposing:
            event.preventDefault()
            self.add()

    def _typed(self, event) -> None:
        self._on_problem("")
        proposed = [option.value for option in list(find("lightbox-known-tags").children)]
        # Browsers differ in what they call the choice of a proposal, but none calls it typing.
        if self._input.value in proposed and not str(getattr(event, "inputType", "")).startswith(("insertT", "delete")):
            self.add()
            return
        if "," in self._input.value:  # Pasted, or typed by a keyboard on the screen, which names no key.
            self.add()
            return
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._propose()), PAUSE_MS)

    async def _propose(self) -> None:
        typed = self._input.value.strip()
        words = []
        if typed:
            try:
                words = (await self._api.words(typed, MOST_PROPOSED))["tags"]
            except APIError:
                return  # Proposals are a help, not worth a complaint.
        if typed == self._input.value.strip():
            names = [word["name"] for word in words if word["name"] not in self._tags]
            find("lightbox-known-tags").replaceChildren(*[make("option", value=name) for name in names])
