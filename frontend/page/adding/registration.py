"""What a client tells the server of a picture that it adds. Pure: other clients than the page tell the same."""

from frontend.page.wording.titles_and_tags import cut_tags, plain, title_of

# The longest text that an attribute of an image may have.
MOST_DESCRIPTION_CHARS = 500


def declaration(file_name: str, package: dict, limits: dict) -> dict:
    """
    Return what the server wants to know before it signs targets for a file.

    Args:
        package: As the embedder makes it: `original` and `thumbnail` are used here.
        limits: The server's.
    """
    declared = dict(package["original"])
    declared["file_name"] = plain(file_name)[: limits["max_file_name_chars"]]
    declared["thumbnail"] = package["thumbnail"]
    return declared


def registration(
    name: str, tags: list, ticket: str, picture: dict, package: dict, features: dict, facts: dict, limits: dict
) -> dict:
    """
    Return what the library keeps of a picture.

    Args:
        name: Of the file.
        tags: That people want it to have, beside those that `facts` has.
        ticket: The upload's.
        picture: `width` and `height`.
        package: `color` and `perceptual_hash`.
        features: `space`, `vector` and `labels`.
        facts: What is known of when and how it was taken, and what is noted about it: see the embedder's `told`.
        limits: The server's.
    """
    made = {
        "ticket": ticket,
        "space": features["space"],
        "vector": features["vector"],
        "width": picture["width"],
        "height": picture["height"],
        "color": package["color"],
        "perceptual_hash": package["perceptual_hash"] or None,
        "title": plain(facts.get("title", "")).strip()[: limits["max_title_chars"]] or title_of(name, limits),
        "tags": cut_tags(tags + facts.get("tags", []), limits),
        "labels": features["labels"],
    }
    for known in ("taken", "taken_source", "shot"):
        if known in facts:
            made[known] = facts[known]
    if "description" in facts:
        made["attributes"] = {"description": plain(facts["description"])[:MOST_DESCRIPTION_CHARS]}
    return made
