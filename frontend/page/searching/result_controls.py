"""The two controls above the results: their order, and how much alike they have to be."""

from frontend.page.browser.dom import find
from frontend.page.browser.throttle import Throttle
from frontend.page.searching.arrangement import BEST

# How long at least between two times that the results follow the slider: all their photos are drawn anew.
FOLLOW_MS = 100


class ResultControls:
    """A menu and a slider; both change what is shown at once, without another search."""

    def __init__(self, on_change) -> None:
        """`on_change` is called when somebody moves one of them."""
        self._range = (0.0, 0.0)
        self._following = Throttle(on_change, FOLLOW_MS)
        find("results-order").addEventListener("change", lambda event: on_change())
        find("results-least").addEventListener("input", lambda event: self._moved())

    @property
    def order(self) -> str:
        """How results are ordered, see `arranged`."""
        return find("results-order").value or BEST

    def least(self) -> float:
        """Return from which likeness on photos are shown."""
        low, high = self._range
        share = float(find("results-least").value) / float(find("results-least").max)
        return low + share * (high - low)

    def fit(self, matches: list) -> None:
        """Let the slider reach from the worst to the best of these matches; it stays where it is."""
        scores = [match["score"] for match in matches if match["score"] is not None]
        self._range = (min(scores), max(scores)) if scores else (0.0, 0.0)
        find("results-tools").hidden = len(matches) < 2
        find("results-least").parentElement.hidden = not scores
        self._tell()

    def reset(self) -> None:
        """Show all matches of the next search, best first."""
        find("results-order").value = BEST
        find("results-least").value = "0"

    def _moved(self) -> None:
        self._tell()
        self._following.soon()

    def _tell(self) -> None:
        find("results-least").setAttribute("aria-valuetext", f"at least {self.least():.2f} alike")
        find("results-least").title = f"At least {self.least():.2f} alike"
