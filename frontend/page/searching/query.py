"""
A search as people put it together: a photo or a part of it, further examples, and filters.

An *example* is a photo to search with: `name`, `file` (None for one of the library), `id` (empty for a file), the `url`
to show it by (of a file once it is decoded), and, once it is embedded, `vector` and `crops`, the parts of it that are
worth a search; of a file its `sha256`, its `perceptual_hash` and `middle`, the vector of its middle, too. Pure, so that
it is tested without a browser.
"""

from frontend.page.searching.rectangle import format_region, parse_region

# How many matches are asked for.
LIMIT = 60

# What the embedder makes of a file, see `Embedder.look`: an example has it once it has been looked at.
MADE_BY_THE_EMBEDDER = ("vector", "middle", "perceptual_hash", "sha256")

# The parameters of the page's address that describe a search.
PARAMETERS = ("like", "region", "more", "less", "text", "tags", "labels", "type", "from", "to")


def example_of_file(file) -> dict:
    """Make an example of a file."""
    return new_example(file.name, file, "", "")


def example_of_image(image: dict) -> dict:
    """Make an example of an image of the library."""
    return new_example(image["title"], None, image["id"], image["thumbnail_url"])


def new_example(name: str, file, image_id: str, url: str) -> dict:
    """Make an example that is not embedded yet."""
    example = {"name": name, "file": file, "id": image_id, "url": url, "crops": None}
    for made in MADE_BY_THE_EMBEDDER:
        example[made] = ""
    return example


class Query:
    """What is searched with, and among which images."""

    def __init__(self, example: dict) -> None:
        self.example = example
        # The part of the example that counts, see `rectangle`; None for all of it.
        self.region: tuple | None = None
        # The vector of that part, once it is embedded.
        self.region_vector = ""
        # Further examples of what is wanted, and of what is not.
        self.more = []
        self.less = []
        # Name of a field -> text, see `filters`.
        self.filters = {}

    def copy(self):
        """Return a copy that shares the examples."""
        query = Query(self.example)
        query.region, query.region_vector, query.filters = self.region, self.region_vector, dict(self.filters)
        query.more, query.less = list(self.more), list(self.less)
        return query

    def kept(self) -> dict:
        """Return the query as JSON can hold it, without files: what is shown of them and their vectors stay."""
        members = {"region": self.region, "region_vector": self.region_vector, "filters": self.filters}
        members["example"] = without_file(self.example)
        members["more"] = [without_file(example) for example in self.more]
        members["less"] = [without_file(example) for example in self.less]
        return members

    def has_several_examples(self) -> bool:
        """Whether more than one photo is searched with."""
        return bool(self.more or self.less)

    def kind(self) -> str:
        """Return how photos are searched with, in the words of `Space.unrelated`."""
        if self.has_several_examples():
            return "several"
        if self.region:
            return "part"
        return "photo" if self.example["id"] else "looks"

    def sha256(self) -> str:
        """Return the SHA-256 of the file that is searched with; empty where that is not all that is searched with."""
        return "" if self.region or self.has_several_examples() else self.example["sha256"]

    def to_embed(self) -> list:
        """Return the examples that have no vector yet; the vector of a part is not among them."""
        first = [] if self.region else [self.example]
        return [example for example in first + self.more + self.less if example["file"] and not example["vector"]]

    def parameters(self) -> dict:
        """Return the query as parameters of an address, name -> text; none if it involves a file."""
        if not all([example["id"] for example in [self.example] + self.more + self.less]):
            return {}
        parameters = {"like": self.example["id"]}
        if self.region:
            parameters["region"] = format_region(self.region)
        for kind, examples in (("more", self.more), ("less", self.less)):
            if examples:
                parameters[kind] = ",".join([example["id"] for example in examples])
        parameters.update(self.filters)
        return parameters

    def body(self, space: str) -> dict:
        """Return the API's query, without the filters; all of its photos are embedded."""
        body = {"space": space, "limit": LIMIT}
        if self.region:
            body["vector"] = self.region_vector
            # The image itself is found by the vector of its part, where `like` would leave it out; see `matches_of`.
            body["limit"] += bool(self.example["id"])
        elif self.example["id"]:
            body["like"] = self.example["id"]
        else:
            body["vector"] = self.example["vector"]
            body["any_of"] = [{"vector": self.example["middle"]}]
            body["perceptual_hash"] = self.example["perceptual_hash"] or None
        for kind, examples in (("more_like", self.more), ("less_like", self.less)):
            if examples:
                body[kind] = [reference_to(example) for example in examples]
        return body

    def matches_of(self, found: list) -> list:
        """Return the API's matches without the image that is searched with."""
        return [match for match in found if match["image"]["id"] != self.example["id"]][:LIMIT]


def without_file(example: dict) -> dict:
    """Return an example without its file."""
    kept = dict(example)
    kept["file"] = None
    return kept


def query_of_kept(members: dict) -> Query:
    """Make the query that `Query.kept` described."""
    query = Query(members["example"])
    query.more, query.less, query.filters = members["more"], members["less"], members["filters"]
    query.region = tuple(members["region"]) if members["region"] else None
    query.region_vector = members["region_vector"]
    return query


def reference_to(example: dict) -> dict:
    """Return how the API is told of an example: by its id or by its vector."""
    return {"like": example["id"]} if example["id"] else {"vector": example["vector"]}


def ids_in_parameters(parameters: dict, max_examples: int) -> list:
    """Return the ids of the images that an address names."""
    more, less = [example_ids(parameters, kind, max_examples) for kind in ("more", "less")]
    return [parameters["like"]] + more + less


def example_ids(parameters: dict, kind: str, max_examples: int) -> list:
    """Return the ids of the further examples of a kind."""
    return [image_id for image_id in parameters.get(kind, "").split(",") if image_id][:max_examples]


def query_of_parameters(parameters: dict, images: dict, max_examples: int) -> Query:
    """Make the query that an address describes; `images` are those that it names, by their ids."""
    query = Query(example_of_image(images[parameters["like"]]))
    query.more, query.less = [
        [example_of_image(images[image_id]) for image_id in example_ids(parameters, kind, max_examples)]
        for kind in ("more", "less")
    ]
    query.region = parse_region(parameters.get("region", ""))
    query.filters = {name: text for name, text in parameters.items() if name not in ("like", "region", "more", "less")}
    return query
