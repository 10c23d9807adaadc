"""How many files came to which end, in sentences."""

from frontend.page.adding.upload_counts import UploadCounts, named, resumed_text


def test_a_list_that_begins() -> None:
    """Only what has a number is named, but for the photos added."""
    assert UploadCounts().text(to_go=0, failed=0, asking=0, cut=0) == "0 photos added"
    assert UploadCounts().text(to_go=3, failed=0, asking=0, cut=0) == "0 photos added, 3 to go"


def test_a_list_with_every_end() -> None:
    """Files are counted by how they ended."""
    counts = UploadCounts()
    for new in (True, False, False):
        counts.finish(new)
    counts.cancel()
    assert counts.text(to_go=1, failed=2, asking=2, cut=0) == (
        "1 photo added, 2 already there, 1 to go, 2 not added, 1 cancelled, 2 look like another"
    )


def test_the_title_of_the_tray() -> None:
    """It says how many were added, or that there was nothing to add; what else there is stands below it."""
    counts = UploadCounts()
    assert counts.title(skipped=2) == "No photos to add"
    counts.finish(True)
    assert counts.title(skipped=2) == "1 photo added"
    assert counts.rest(0, failed=0, asking=0, cut=0) == ""
    assert counts.rest(0, failed=0, asking=1, cut=0) == "1 looks like another"
    assert counts.rest(0, failed=0, asking=0, cut=1) == "1 lacks its end"
    assert counts.rest(0, failed=0, asking=1, cut=2) == "1 looks like another, 2 lack their end"


def test_what_an_earlier_load_left() -> None:
    """Files that go on are named, and so are those that the browser had no room for."""
    assert resumed_text(["a.jpg", "b.jpg"], []) == "2 files had not been sent yet: a.jpg, b.jpg."
    assert resumed_text([], ["c.jpg"]) == "This browser had no room for c.jpg: choose it again."
    assert resumed_text(["a.jpg"], ["c.jpg", "d.jpg"]) == (
        "1 file had not been sent yet: a.jpg. This browser had no room for c.jpg, d.jpg: choose them again."
    )


def test_many_names() -> None:
    """Five are named, the others counted."""
    assert named(list("abcde")) == "a, b, c, d, e"
    assert named(list("abcdefg")) == "a, b, c, d, e and 2 more"
