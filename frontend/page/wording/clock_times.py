"""
When photos were taken, by the clock there. Pure, so that it is tested without a browser.

The library goes by what the clock said where a photo was taken; where that is not known, by when the photo was added,
by UTC. So times of all photos compare as texts, and a month is the same for everybody.
"""


def clock_time(image: dict[str, object]) -> str:
    """Return what the library goes by for an image of the API: '2026-05-03T14:07:31.120'."""
    return plain_time(str(image["taken"] or image["created"]))


def plain_time(time: str) -> str:
    """Return a time (ISO 8601) to the millisecond, without its offset from UTC."""
    fraction = time[20:].split("+")[0].split("-")[0].rstrip("Z") if time[19:20] == "." else ""
    return time[:19] + "." + (fraction + "000")[:3]


def field_time(time: str) -> str:
    """Return a time (ISO 8601) as a field for local times takes it, to the second."""
    return time[:19]


def time_of_field(text: str) -> str | None:
    """Return what stands in such a field as the API takes it: fields leave out seconds that are 0; None if empty."""
    if not text:
        return None
    return (text + ":00" if len(text) == 16 else text)[:19]


def offset_text(time: str) -> str:
    """Say how far the clock of a time is ahead of UTC: 'UTC+02:00'; empty where it is not known."""
    return "UTC" + time[-6:] if time[-6:-5] in ("+", "-") and time[-3:-2] == ":" else ""


def comes_after(sort: str, image: dict[str, object]):
    """
    Return what tells whether another image comes after one in an order by time.

    Args:
        sort: `taken` or `created`, with a hyphen in front for the newest first. Ids are in the order in which images
            were created, and decide between those taken at the same time.
    """
    descending = sort[0] == "-"

    def key(of: dict[str, object]) -> tuple[str, str]:
        return clock_time(of) if sort.endswith("taken") else "", str(of["id"])

    mine = key(image)
    return lambda other: key(other) < mine if descending else key(other) > mine
