"""What the library, results and map share: cards, the two grids, what is known of their images, keys."""
