"""A report that a test can read."""

from dataclasses import dataclass, field


@dataclass
class RecordedReport:
    """Keeps what setting up told."""

    steps: list[str] = field(default_factory=list)
    transfers: list[tuple[str, int, int]] = field(default_factory=list)
    """What, bytes done, bytes in all."""

    def step(self, text: str) -> None:
        self.steps.append(text)

    def progress(self, what: str, done: int, total: int) -> None:
        self.transfers.append((what, done, total))
