"""The terminal tells what happens, in lines where it is a file and on one line where a person looks on."""

import io

from backend.setup.report import TerminalReport


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(stream: io.StringIO) -> str:
    report = TerminalReport(stream)
    report.step("Installing …")
    for done in (500_000, 1_000_000, 2_000_000):
        report.progress("weights.bin", done, 2_000_000)
    return stream.getvalue()


def test_file() -> None:
    """A log holds whole lines, and one for each transfer."""
    assert tell(io.StringIO()) == "Installing …\n  weights.bin: 2.0 of 2.0 MB\n"


def test_terminal() -> None:
    """A person sees the bytes grow."""
    assert tell(Terminal()) == (
        "Installing …\n\r  weights.bin: 0.5 of 2.0 MB\r  weights.bin: 1.0 of 2.0 MB\r  weights.bin: 2.0 of 2.0 MB\n"
    )
