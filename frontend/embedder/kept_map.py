"""An earlier map that the page has kept over a reload: which photos it had, where they lay, and how they look."""

from typing import Any

import numpy as np
import numpy.typing as npt

from frontend.embedder.scatter import ID_BYTES


class KeptMap:
    """The photos of an earlier map, in its order."""

    def __init__(self, ids: bytes = b"", positions: npt.NDArray[np.float32] | None = None, atlas: Any = None) -> None:
        """
        Read an earlier map; without arguments there was none.

        Args:
            ids: The 16 bytes of each photo's id.
            positions: (N, 2), where each lies.
            atlas: An ImageBitmap with the thumbnail of each, as `map_strip` draws them.
        """
        self.ids = [ids[start : start + ID_BYTES].hex() for start in range(0, len(ids), ID_BYTES)]
        self.atlas = atlas
        self._positions = np.zeros((0, 2), dtype=np.float32) if positions is None else positions
        self._numbers = {image_id: number for number, image_id in enumerate(self.ids)}

    def places(self) -> dict[str, tuple[float, float]]:
        """Return where each photo lies."""
        return {image_id: (x, y) for image_id, (x, y) in zip(self.ids, self._positions.tolist(), strict=True)}

    def tile(self, image_id: str) -> int | None:
        """Return the number of a photo's thumbnail in the atlas, None if it is not there."""
        return self._numbers.get(image_id)
