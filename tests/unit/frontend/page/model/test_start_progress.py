"""The line of the start moves evenly to its end, and never says too much."""

from itertools import pairwise

import pytest

from frontend.page.model.start_progress import MOST, USUAL_S, StartProgress

STEP_S = 0.05
STAGES = tuple(USUAL_S)
SIZE = 20e6


def run(took_s: dict[str, float], rate: float = 0.0, known: bool = False) -> list[float]:
    """
    Play a start; returns the values that are shown, one every STEP_S.

    Args:
        took_s: How long each stage takes once its files are there.
        rate: In bytes a second, at which files come; 0 if they are in the cache.
        known: Whether an earlier start took as long.
    """
    progress = StartProgress(0.0)
    if known:
        progress.expect(took_s)
    fetched_s = SIZE / rate if rate else 0.0
    if rate:
        progress.fetch(SIZE, 0.0)
    changes, at = [], fetched_s
    for index, name in enumerate(STAGES):
        changes.append((at if index else 0.0, name))
        at += took_s[name]
    shown, arrived = [], 0.0
    for step in range(1, int(at / STEP_S)):
        now = step * STEP_S
        if arrived < min(now * rate, SIZE):
            progress.arrived(min(now * rate, SIZE) - arrived, now)
            arrived = min(now * rate, SIZE)
        while changes and changes[0][0] <= now:
            progress.stage(changes.pop(0)[1], now)
        shown.append(progress.value(now))
    return shown


def slower(factor: float) -> dict[str, float]:
    """Return stages that take so many times as long as usual."""
    return {name: factor * seconds for name, seconds in USUAL_S.items()}


@pytest.mark.parametrize("factor", [0.3, 1, 4])
@pytest.mark.parametrize("rate", [0, 0.5e6, 20e6])
def test_it_never_goes_back_and_never_ends_early(factor: float, rate: float) -> None:
    """However long stages and files take, the line only moves on, and is not full before the end."""
    shown = run(slower(factor), rate)
    assert shown == sorted(shown)
    assert 0 < shown[0] < 0.3 and shown[-1] <= MOST < 1


@pytest.mark.parametrize("factor", [0.3, 1, 4])
def test_a_start_like_the_last_is_even(factor: float) -> None:
    """Where an earlier start took as long, the line is where the time is, within a few percent, up to the end."""
    shown = run(slower(factor), known=True)
    for index, value in enumerate(shown, 1):
        assert abs(value - index / (len(shown) + 1)) < 0.05
    assert shown[-1] > 0.9


@pytest.mark.parametrize("rate", [0.7e6, 4e6, 12e6])
def test_a_first_start_is_even_too(rate: float) -> None:
    """Files at any rate, then stages that take as long as usual: every tenth of the time moves the line a little."""
    shown = run(slower(1), rate)
    tenth = len(shown) // 10
    moves = [shown[at + tenth] - shown[at] for at in range(len(shown) - tenth)]
    assert min(moves) > 0.02 and max(moves) < 0.25


def test_it_slows_down_but_does_not_stand_still() -> None:
    """In a stage that takes ten times as long as expected, the line still creeps on."""
    progress = StartProgress(0.0)
    progress.stage(STAGES[0], 0.0)
    values = [progress.value(float(second)) for second in range(1, 30)]
    assert all(before < after or after == MOST for before, after in pairwise(values))
    assert values[2] < values[-1] <= MOST


def test_what_the_stages_took_leaves_out_the_files() -> None:
    """The next start finds them in the cache: what is kept of the first stage is counted from the last byte."""
    progress = StartProgress(0.0)
    progress.fetch(SIZE, 0.0)
    progress.stage(STAGES[0], 0.0)
    progress.arrived(SIZE, 8.0)
    progress.stage(STAGES[1], 10.5)
    progress.stage("", 11.0)
    assert progress.took_s() == {STAGES[0]: 2.5, STAGES[1]: 0.5}


def test_what_was_kept_may_be_nonsense() -> None:
    """Stages that nobody knows, and times that are none, are passed over."""
    progress = StartProgress(0.0)
    progress.expect({"Baking": 3.0, STAGES[0]: -1.0})
    progress.stage(STAGES[0], 0.0)
    usual = StartProgress(0.0)
    usual.stage(STAGES[0], 0.0)
    assert progress.value(1.0) == usual.value(1.0)
