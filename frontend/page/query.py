"""
What is searched for: a picture or a part of it, among which pictures. Pure, so that it is tested without a browser.

An *example* is a picture to search with, of a file or of the library: `name`, `file` (None for one of the library),
`id` and the thumbnail's `url` (both empty for a file), and, once the embedder has looked at it, `vector` and the time
it took, `spent`.
"""

from frontend.page.rectangle import read, written

LIMIT = 24

ADDRESS = ("like", "region", "text", "tags", "labels", "from", "to")
"""What an address says of a search."""


def example_of_file(file) -> dict:
    """Make an example of a file."""
    return {"name": file.name, "file": file, "id": "", "url": "", "vector": "", "spent": ""}


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
        self.filters = {}
        """Which pictures are considered, see `filters`."""

    def copy(self):
        """Return the query as it is now; its example is the same."""
        query = Query(self.example)
        query.region, query.region_vector, query.filters = self.region, self.region_vector, dict(self.filters)
        return query

    def address(self) -> dict:
        """Return what an address says of the query, name -> text: nothing, if it is about a file."""
        if not self.example["id"]:
            return {}
        said = {"like": self.example["id"]}
        if self.region:
            said["region"] = written(self.region)
        said.update(self.filters)
        return said

    def body(self, space: str) -> dict:
        """Write the query for the API, without the filters; what it searches with has been looked at."""
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


def query_of_address(said: dict, image: dict) -> Query:
    """Make the query that an address speaks of; `image` is the one that it names."""
    query = Query(example_of_image(image))
    query.region = read(said.get("region", ""))
    query.filters = {name: text for name, text in said.items() if name not in ("like", "region")}
    return query
