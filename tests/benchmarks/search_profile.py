"""Where a server's Python thread is found at work, by py-spy, which looks from outside a hundred times a second."""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

PARTS: Mapping[str, tuple[str, ...]] = {
    "signing addresses": ("adapters/folder/store.py", "signing.py", "presign_get"),
    "rows to records": ("lance/rows.py", "to_pylist", "values.py"),
    "LanceDB's Python": ("lancedb/",),
    "the index adapter": ("backend/adapters",),
    "records to the wire's types": ("web/schemas.py",),
    "reading and writing JSON": ("serialization", "msgspec"),
    "routes and catalogue": ("backend/web", "backend/catalogue"),
    "Litestar": ("litestar/",),
    "uvicorn": ("uvicorn/",),
    "event loop": ("asyncio/", "uvloop"),
}
"""Part -> what a frame's function or file has in it; the innermost frame that has any decides."""

WAITING = ("Runner.run ", "run_until_complete ", "_worker ", ".select ")
"""Innermost frames of threads that have nothing to do: py-spy takes some of them for busy."""

# Looks in a second.
RATE = 200


def sampled(pid: int, seconds: float) -> Mapping[str, float]:
    """Return the share of each part, the largest first; nothing where py-spy is not installed or not allowed."""
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if program is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacks"
        command = [program, "record", "--pid", str(pid), "--duration", str(max(1, round(seconds)))]
        command += ["--rate", str(RATE), "--format", "raw", "--full-filenames", "--output", str(file)]
        done = subprocess.run(command, capture_output=True, check=False)
        stacks = file.read_text().splitlines() if done.returncode == 0 and file.exists() else []
    counts: Counter[str] = Counter()
    for stack in stacks:
        frames, _, count = stack.rpartition(" ")
        if not any(sign in frames.rpartition(";")[2] for sign in WAITING):
            counts[_part(frames.split(";"))] += int(count)
    return {name: count / counts.total() for name, count in counts.most_common()}


def _part(frames: list[str]) -> str:
    for frame in reversed(frames):
        for part, signs in PARTS.items():
            if any(sign in frame for sign in signs):
                return part
    return "other"
