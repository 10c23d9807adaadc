"""Where the parts of the architecture find each other. Passed to the processes in the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

MODEL = ROOT / "frontend" / "models" / "lookalike_v1"

STREAM = "pictures"
"""Of messages with the field `id`: a picture was uploaded."""

MAX_UPLOAD_BYTES = 104_857_600
"""As ours."""

VARIABLE = "QUEUE_ARCHITECTURE_"


@dataclass(frozen=True)
class Settings:
    """The same for all processes."""

    folder: Path
    """Pictures lie in `files`, vectors in `vectors`."""
    model_file: Path
    """The model as ONNX."""
    api_port: int
    """Where the API server listens."""
    service_port: int
    """Where the search service listens."""
    api_url: str
    """Where others reach the API server, as the next three: a proxy that counts may stand between."""
    service_url: str
    database_url: str
    broker_url: str

    def to_environ(self) -> dict[str, str]:
        return {VARIABLE + name.upper(): str(value) for name, value in vars(self).items()}

    @classmethod
    def from_environ(cls) -> "Settings":
        def read(name: str) -> str:
            return os.environ[VARIABLE + name]

        return cls(
            folder=Path(read("FOLDER")),
            model_file=Path(read("MODEL_FILE")),
            api_port=int(read("API_PORT")),
            service_port=int(read("SERVICE_PORT")),
            api_url=read("API_URL"),
            service_url=read("SERVICE_URL"),
            database_url=read("DATABASE_URL"),
            broker_url=read("BROKER_URL"),
        )
