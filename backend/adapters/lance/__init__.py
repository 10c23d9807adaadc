"""LanceDB: images, vectors and marks in tables, and what keeps them sound and quick."""
