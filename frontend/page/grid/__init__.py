"""What the library, results and map share: cards, the two grids, keys."""
