"""The rules: what an image, a vector and a ticket are, and the two flows. Standard library and numpy only."""
