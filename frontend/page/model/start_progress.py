"""
How far the start of the embedder is, so that a line moves evenly to its end: the time spent, of that and what is left.

What is left is guessed: of files by their bytes and how fast they come, of stages by how long they took last time.
Pure: whoever asks says what time it is.
"""

# How long each stage takes, in order, in seconds: measured on two cores, files in the cache. Only for a first start;
# later ones know how long they took in this browser.
USUAL_S = {
    "Starting Python": 3.0,
    "Starting TensorFlow.js": 0.3,
    "Reading the model": 0.1,
    "Checking the model's answers": 1.5,
}

# What is believed of the network before it has shown anything, for as long as this many seconds count. A guess.
USUAL_BYTES_PER_S = 4e6
BELIEVED_S = 1

# Of a stage that takes longer than it should, this part of its time is always thought to be left.
LEFT_PART = 0.1

# It is not over before it is over.
MOST = 0.99


class StartProgress:
    """Knows what goes on since when, and what took how long."""

    def __init__(self, now: float) -> None:
        """`now` is the time, in seconds of any clock, as everywhere here."""
        self._began = now
        self._expected_s = dict(USUAL_S)
        self._took_s = {}
        self._stage = ""
        self._stage_began = now
        self._size = 0
        self._arrived = 0
        self._fetch_began = now
        self._shown = 0.0

    def expect(self, took_s: dict) -> None:
        """Expect the stages to take as long as they did at another start; see `took_s`."""
        for name in self._expected_s:
            if took_s.get(name, 0) > 0:
                self._expected_s[name] = took_s[name]

    def fetch(self, size: float, now: float) -> None:
        """So many bytes are to be fetched, from now on."""
        self._size += size
        self._fetch_began = now

    def arrived(self, size: float, now: float) -> None:
        """So many of them have come. A stage that waited for them counts as begun with the last."""
        self._arrived += size
        self._stage_began = now

    def stage(self, name: str, now: float) -> None:
        """Another stage begins; an empty name ends the last."""
        if self._stage:
            self._took_s[self._stage] = now - self._stage_began
        self._stage = name
        self._stage_began = now

    def took_s(self) -> dict:
        """Return how long each stage that is over took, without the time in which files came: name -> seconds."""
        return self._took_s

    def value(self, now: float) -> float:
        """Return how far it is, from 0 to less than 1; never less than before."""
        spent = now - self._began
        left = self._fetch_left_s(now) + self._stages_left_s(now)
        self._shown = max(self._shown, min(spent / (spent + left), MOST)) if spent > 0 else 0.0
        return self._shown

    def _is_fetching(self) -> bool:
        return self._arrived < 0.999 * self._size  # Sizes are those on the wire, and a little rounded.

    def _fetch_left_s(self, now: float) -> float:
        if not self._is_fetching():
            return 0
        seen_s = now - self._fetch_began
        rate = (self._arrived + USUAL_BYTES_PER_S * BELIEVED_S) / (seen_s + BELIEVED_S)
        return (self._size - self._arrived) / rate

    def _stages_left_s(self, now: float) -> float:
        left = 0.0
        for name, expected in self._expected_s.items():
            if name == self._stage:
                spent = 0 if self._is_fetching() else now - self._stage_began
                left += max(expected - spent, LEFT_PART * expected)
            elif name not in self._took_s:
                left += expected
        return left
