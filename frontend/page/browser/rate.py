"""How fast something goes, judged by what was done last. Pure, so that it is tested without a browser."""

# How many of the last things the rate is taken from: few enough that it follows the connection. A guess.
RECENT = 20


class Rate:
    """Counts what is done, with the times in seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def begin(self, now_s: float) -> None:
        """Start the clock, unless it runs."""
        if not self._times:
            self._times.append(now_s)

    def count(self, now_s: float) -> None:
        """Count one thing that is done."""
        self._times.append(now_s)
        self._times = self._times[-RECENT - 1 :]

    def stop(self) -> None:
        """Forget everything: after a pause the old rate says nothing."""
        self._times = []

    def per_second(self, now_s: float) -> float:
        """Return how many are done in a second; 0 before the second one is done, as the first says too little."""
        done = len(self._times) - 1
        if done < 2 or now_s <= self._times[0]:
            return 0.0
        return done / (now_s - self._times[0])
