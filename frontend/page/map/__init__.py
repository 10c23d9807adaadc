"""The map of all photos: cards by likeness, gestures, the lasso."""
