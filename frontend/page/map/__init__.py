"""The map of the library: cards by likeness, gestures, the lasso."""
