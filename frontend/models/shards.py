"""Photographs in shards: tar files whose members are named SOURCE/NUMBER.jpg."""

import tarfile
from collections.abc import Iterator
from pathlib import Path


def read(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the source and the file of each photograph of a folder's shards, in order."""
    for shard in sorted(folder.glob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                file = archive.extractfile(member)  # None for folders.
                if file is not None:
                    yield member.name.split("/")[0], file.read()
