"""The field in which people correct when a photo was taken; it is shown when somebody asks for it."""

from pyscript import document

from frontend.page.browser.dom import find, make
from frontend.page.wording.clock_times import field_time, time_of_field

BUTTON = "lightbox-edit-taken"

# Why the server would refuse what is typed.
HALF_TYPED = "The date or the time is not complete."
TOO_FAR = "Photos were taken from 1800 to 2999."


class TakenField:
    """The field of one photo after another."""

    def __init__(self, on_taken, on_problem) -> None:
        """
        Make the field work.

        Args:
            on_taken: Called with the time as the API takes it, or None for none, once it is another.
            on_problem: Called with why what is typed is no time; empty once it is.
        """
        self._on_taken = on_taken
        self._on_problem = on_problem
        # What the field shows if nothing is changed.
        self._before = ""
        self._taken = None
        self._input = find("lightbox-taken-input")
        self._input.addEventListener("keydown", self._key)
        self._input.addEventListener("blur", lambda event: self.take())

    def show(self, taken: str | None) -> None:
        """Be about another photo, or about what is known of it now; what somebody is typing stays."""
        self._taken = taken
        if self._label.hidden:
            return
        if self._input.value == self._before:
            self._fill()

    def hide(self) -> None:
        """Take the field away, and with it what is typed."""
        self._label.hidden = True

    def button(self):
        """Make the button that asks for the field."""
        text = "Edit" if self._taken else "Set"
        button = make("button", "quiet writes", text, id=BUTTON, type="button", aria_label=text + " when it was taken")
        button.addEventListener("click", lambda event: self._open())
        return button

    def button_has_focus(self) -> bool:
        """Whether it is the button that keys go to; another one is made whenever something is known anew."""
        button = find(BUTTON)
        return button is not None and button.isSameNode(document.activeElement)

    def focus_button(self) -> None:
        """Let keys go to the button."""
        find(BUTTON).focus({"preventScroll": True})

    def take(self) -> bool:
        """Pass on what is typed, and take the field away; returns False if it is no time, and stays."""
        if self._label.hidden:
            return True
        validity = self._input.validity
        if not validity.valid:
            self._on_problem(HALF_TYPED if validity.badInput else TOO_FAR)
            return False
        self._label.hidden = True
        self._on_problem("")
        if self._input.value != self._before:
            self._on_taken(time_of_field(self._input.value))
        return True

    @property
    def _label(self):
        return find("lightbox-taken")

    def _open(self) -> None:
        self._label.hidden = False
        self._fill()
        self._input.focus()

    def _fill(self) -> None:
        self._input.value = field_time(self._taken) if self._taken else ""
        self._before = self._input.value

    def _key(self, event) -> None:
        if event.key == "Enter":
            event.preventDefault()  # Else it would press the button that it leads to.
            if self.take():
                self.focus_button()
        elif event.key == "Escape":  # Else it would close the photo.
            event.preventDefault()
            event.stopPropagation()
            self.hide()
            self._on_problem("")
            self.focus_button()
