"""What the server says of itself: the embedding space in use, the model that makes its vectors, and its limits."""


class Space:
    """The embedding space of the library, from the API's answer to GET /space. Not to be changed."""

    def __init__(self, answer: dict) -> None:
        self.id: str = answer["space"]
        """A short hash of the manifest; every vector and every search names it."""
        self.dimension: int = answer["dimension"]
        """How many values a vector has."""
        self.model_url: str = answer["model_url"]
        """The absolute address of the folder with the model's files; ends in a slash."""
        self.manifest: dict = answer["manifest"]
        """How the vectors are made; see `manifest.json` beside the model."""
        self.limits: dict = answer["limits"]
        """What the server accepts, under the API's names."""
        self.role: str = answer["role"]
        """What this browser may do: `read`, `write` or `admin`."""

    def unrelated(self, kind: str) -> dict | None:
        """
        Return the cosines of unrelated photos (see `Scale`); None for a model that was not calibrated.

        Args:
            kind: How they are searched with: `photo`, `looks` (a photo and its middle), `part` or `several`.
        """
        calibration = self.manifest["calibration"]
        return calibration["unrelated_cosine"][kind] if calibration else None

    @property
    def words_file(self) -> str:
        """Return the name of the table that turns words into vectors; empty for a model that has none."""
        return (self.manifest.get("words") or {}).get("file", "")
