"""Search by photo in pages of other sites."""
