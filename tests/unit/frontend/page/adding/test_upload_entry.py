"""A file in the list of uploads: its state, and how it is cancelled."""

from types import SimpleNamespace

import pytest

from frontend.page.adding.upload_entry import ASKING, DONE, FAILED, RUNNING, WAITING, Cancelled, Entry


def entry(changes: list[Entry]) -> Entry:
    return Entry(SimpleNamespace(name="cup.jpg"), [], [], "page:1", changes.append, lambda thumbnail: None)


def test_the_way_of_a_file() -> None:
    """It waits, runs and is done; then the browser may let go of the file."""
    changes = []
    cup = entry(changes)
    states = [cup.state]
    cup.begin()
    cup.stage("reading")
    cup.progress(0.5)
    states.append(cup.state)
    cup.finish("added")
    states.append(cup.state)
    assert states == [WAITING, RUNNING, DONE]
    assert (cup.file, cup.fraction, cup.text, cup.over()) == (None, 1, "added", True)
    assert set(changes) == {cup}


def test_a_wait_on_the_way() -> None:
    """What is said for a while gives way to what is being done."""
    cup = entry([])
    cup.stage("reading")
    cup.say("No connection")
    assert cup.text == "No connection"
    cup.resume()
    assert cup.text == "reading"


@pytest.mark.parametrize(("retryable", "keep"), [(True, True), (False, True), (False, False)])
def test_a_failure(retryable: bool, keep: bool) -> None:
    """The file stays as long as another attempt, here or after a reload, may need it."""
    cup = entry([])
    cup.begin()
    cup.fail("No connection", retryable, keep)
    assert (cup.state, cup.retryable, cup.file is not None) == (FAILED, retryable, keep)


def test_cancelling() -> None:
    """It aborts the transfers in progress, and whoever works on the file learns of it."""
    cup, aborted = entry([]), []
    cup.check()
    cup.aborts.append(lambda: aborted.append("original"))
    cup.cancel()
    assert aborted == ["original"]
    with pytest.raises(Cancelled):
        cup.check()


def test_a_question() -> None:
    """While it is open both images are known; the answer ends it."""
    cup = entry([])
    cup.ask({"id": "a"}, {"id": "b"}, "")
    assert (cup.state, cup.image, cup.twin) == (ASKING, {"id": "a"}, {"id": "b"})
    cup.answer("kept")
    assert (cup.state, cup.image, cup.twin, cup.text) == (DONE, None, None, "kept")


def test_a_thumbnail() -> None:
    """It is handed on, and kept for the question that the file may raise."""
    shown = []
    cup = Entry(SimpleNamespace(name="cup.jpg"), [], [], "page:1", lambda entry: None, shown.append)
    cup.show("blob")
    assert (shown, cup.thumbnail) == (["blob"], "blob")
