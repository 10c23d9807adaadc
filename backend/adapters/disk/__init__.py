"""Files on a disk: written so that they stay, read piece by piece, and room kept for deletions."""
