"""Tidying up: groups of photos that are versions of one another, and which of each stay."""
