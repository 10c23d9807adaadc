"""Which files are drawings (SVG): by the type that the browser tells, or, where it tells none, by how they begin."""

SVG = "image/svg+xml"

# What browsers take a file for whose name does not say what it is, and one that ends in .xml.
UNTOLD = ("", "text/xml", "application/xml", "application/octet-stream", "text/plain")

# How many bytes tell: comments may come first. As many as in the worker's table of kinds.
HEAD_BYTES = 1024


def begins_like_drawing(text: str) -> bool:
    """Tell whether a file that begins with a text is a drawing."""
    text = text.lstrip("\ufeff \t\r\n")
    return text.startswith("<") and ("<svg" in text or "<!DOCTYPE svg" in text)
