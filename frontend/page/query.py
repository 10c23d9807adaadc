"""
What is searched for: a picture or a part of it. Pure, so that it is tested without a browser.

An *example* is a picture to search with, of a file or of the library: `name`, `file` (None for one of the library),
`id` (empty for a file), `url` to show it by, and, once the embedder has looked at it, `vector` and the time it took,
`spent`.
"""

LIMIT = 24


def example_of_file(file, url: str) -> dict:
    """Make an example of a file; `url` shows it, and is the caller's to revoke."""
    return {"name": file.name, "file": file, "id": "", "url": url, "vector": "", "spent": ""}


def example_of_image(image: dict) -> dict:
    """Make an example of an image of the library."""
    return {
        "name": image["title"],
        "file": None,
        "id": image["id"],
        "url": image["thumbnail_url"],
        "vector": "",
        "spent": "",
    }


class Query:
    """A search as people put it together."""

    def __init__(self, example: dict) -> None:
        self.example = example
        self.region: tuple | None = None
        """The part of the example's picture that counts, see `rectangle`; None for all of it."""
        self.region_vector = ""
        """The vector of that part, once the embedder has looked at it."""

    def body(self, space: str) -> dict:
        """Write the query for the API; what it searches with has been looked at."""
        body = {"space": space, "limit": LIMIT}
        if self.region:
            body["vector"] = self.region_vector
            # The API leaves out the image that it is to find the like of; here that is up to us, see `matches_of`.
            body["limit"] += bool(self.example["id"])
        elif self.example["id"]:
            body["like"] = self.example["id"]
        else:
            body["vector"] = self.example["vector"]
        return body

    def matches_of(self, found: list) -> list:
        """Leave out of the API's matches the image that is searched with."""
        return [match for match in found if match["image"]["id"] != self.example["id"]][:LIMIT]
