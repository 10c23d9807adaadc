"""Lookalike's backend: keeps vectors and structured data, and never sees a picture that is searched for."""

__version__ = "0.1.0"
