"""
Titles and tags: what people type and what files are called, in the form that the server accepts.

`limits` are the server's, as in `Space`.
"""


def title_of(file_name: str, limits: dict[str, int]) -> str:
    """Make a title of a file name: without its ending, with spaces for underscores."""
    name = plain(file_name)
    stem = name.rsplit(".", 1)[0].replace("_", " ").strip() or name
    return stem[: limits["max_title_chars"]]


def split_tags(text: str) -> list[str]:
    """Read tags from a line: separated by commas, each once, in the order in which they were written."""
    tags: list[str] = []
    for part in plain(text).split(","):
        tag = part.strip()
        if tag and tag not in tags:
            tags.append(tag)
    return tags


def wanted_and_unwanted(text: str) -> tuple[str, str]:
    """Part a line of tags or labels into those that are wanted, and those that are not: -beach leaves beaches out."""
    parts = split_tags(text)
    unwanted = [part[1:].strip() for part in parts if part[0] == "-"]
    return ", ".join([part for part in parts if part[0] != "-"]), ", ".join([part for part in unwanted if part])


def split_labels(text: str) -> list[str]:
    """
    Read labels of the model from a line.

    They are separated by commas, which some have in their names ('tabby, tabby cat'): so neighbours count as one label,
    too, as many as can be asked for. A name that no label has finds nothing.
    """
    parts = split_tags(text)
    joined = [
        ", ".join(parts[first : first + length])
        for length in range(2, len(parts) + 1)
        for first in range(len(parts) - length + 1)
    ]
    return parts + joined[: max(MOST_LABELS - len(parts), 0)]


def cut_tags(tags: list[str], limits: dict[str, int]) -> list[str]:
    """Cut tags to what the server accepts, where nobody can be asked to write them shorter."""
    return split_tags(",".join([tag[: limits["max_tag_chars"]] for tag in tags]))[: limits["max_tags"]]


def problem_of(tags: list[str], limits: dict[str, int]) -> str:
    """Say why the server would refuse these tags; empty if it would not."""
    if len(tags) > limits["max_tags"]:
        return f"A photo can have at most {limits['max_tags']} tags; these are {len(tags)}."
    for tag in tags:
        if len(tag) > limits["max_tag_chars"]:
            return f"A tag can have at most {limits['max_tag_chars']} characters; this one has {len(tag)}: {tag}"
    return ""


def plain(text: str) -> str:
    """
    Replace control characters by spaces.

    The server refuses tabs and line breaks; those that reverse the direction of text would let a name lie.
    """
    return "".join([" " if ord(char) < 32 or ord(char) in CONTROLS else char for char in text])


# How many labels a filter of the API may name.
MOST_LABELS = 32

# Delete, and Unicode's bidirectional controls. Source: UAX #9, 2, table of directional formatting characters.
CONTROLS = {0x7F, 0x200E, 0x200F, 0x061C} | set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A))
