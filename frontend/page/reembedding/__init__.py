"""Giving every photo a vector of another model: the work, its progress, the notice that it is needed."""
