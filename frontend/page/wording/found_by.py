"""
What photos were found by where words are searched for, as headings of groups.

Pure, so that it is tested without a browser.
"""


def headings(matches: list, words: str) -> dict[str, str]:
    """
    Return the heading of each photo that a search for words has found.

    Args:
        matches: As the API gives them, in groups by what they were found by.

    Returns:
        Id -> heading; empty where all have the words in what is written about them, as nothing needs to be said then.
    """
    kinds = [match["found_by"] for match in matches]
    if kinds == ["text"] * len(kinds):
        return {}
    found = {}
    others = False
    for match in matches:
        others = others or match["found_by"] != "text"
        found[match["image"]["id"]] = heading(match["found_by"], words, others)
    return found


def heading(found_by: str, words: str, after_others: bool) -> str:
    """
    Return the heading of a group.

    Args:
        found_by: As the API says.
        after_others: Whether photos come before that have not the words, but what they mean.
    """
    if found_by == "text":
        named = "Some of these words" if after_others else f"“{words}”"
        return f"{named} in title, tags or file name"
    if found_by == "tag_examples":
        return f"Like your photos tagged “{words}”"
    return f"Looks like “{words}”"
