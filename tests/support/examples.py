"""How many examples Hypothesis tries: some each time, ten times as many with `--hypothesis-profile=many`."""

from hypothesis import settings

# The same examples each time, so that nobody's change fails by what it has not touched. What an example takes is the
# machine's business.
SOME = "some"
settings.register_profile(SOME, max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("many", settings.get_profile(SOME), max_examples=1000)


def costly() -> int:
    """Return how many examples a test tries of which each takes some ten milliseconds: 12, or 125 with many."""
    return settings().max_examples // 8
