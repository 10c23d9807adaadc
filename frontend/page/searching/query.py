"""
What is searched for: a picture or a part of it, further examples, and among which pictures.

Pure, so that it is tested without a browser.

An *example* is a picture to search with, of a file or of the library: `name`, `file` (None for one of the library),
`id` and the thumbnail's `url` (both empty for a file), and, once the embedder has looked at it, `vector` and the time
it took, `spent`.
"""

from frontend.page.searching.rectangle import read, written

LIMIT = 24

ADDRESS = ("like", "region", "more", "less", "text", "tags", "labels", "from", "to")
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
        self.more = []
        """Further examples of what is wanted."""
        self.less = []
        """Examples of what is not wanted."""
        self.filters = {}
        """Which pictures are considered, see `filters`."""

    def copy(self):
        """Return the query as it is now; its examples are the same."""
        query = Query(self.example)
        query.region, query.region_vector, query.filters = self.region, self.region_vector, dict(self.filters)
        query.more, query.less = list(self.more), list(self.less)
        return query

    def several(self) -> bool:
        """Whether more than one picture is searched with."""
        return bool(self.more or self.less)

    def to_look_at(self) -> list:
        """Return the examples of which the embedder has to make vectors. Of a part it makes them by itself."""
        first = [] if self.region else [self.example]
        return [example for example in first + self.more + self.less if example["file"] and not example["vector"]]

    def address(self) -> dict:
        """Return what an address says of the query, name -> text: nothing, if a file has a part in it."""
        if not all([example["id"] for example in [self.example] + self.more + self.less]):
            return {}
        said = {"like": self.example["id"]}
        if self.region:
            said["region"] = written(self.region)
        for kind, examples in (("more", self.more), ("less", self.less)):
            if examples:
                said[kind] = ",".join([example["id"] for example in examples])
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
        for kind, examples in (("more_like", self.more), ("less_like", self.less)):
            if examples:
                body[kind] = [looks_of(example) for example in examples]
        return body

    def matches_of(self, found: list) -> list:
        """Leave out of the API's matches the image that is searched with."""
        return [match for match in found if match["image"]["id"] != self.example["id"]][:LIMIT]


def looks_of(example: dict) -> dict:
    """Name an example to the API: by its id, or by its vector."""
    return {"like": example["id"]} if example["id"] else {"vector": example["vector"]}


def ids_of_address(said: dict, max_examples: int) -> list:
    """Return the ids of the images that an address names."""
    return [said["like"]] + listed_ids(said, "more", max_examples) + listed_ids(said, "less", max_examples)


def listed_ids(said: dict, kind: str, max_examples: int) -> list:
    """Return the ids of the further examples of a kind."""
    return [image_id for image_id in said.get(kind, "").split(",") if image_id][:max_examples]


def query_of_address(said: dict, images: dict, max_examples: int) -> Query:
    """Make the query that an address speaks of; `images` are those that it names, by their ids."""
    query = Query(example_of_image(images[said["like"]]))
    query.more, query.less = [
        [example_of_image(images[image_id]) for image_id in listed_ids(said, kind, max_examples)]
        for kind in ("more", "less")
    ]
    query.region = read(said.get("region", ""))
    query.filters = {name: text for name, text in said.items() if name not in ("like", "region", "more", "less")}
    return query
