"""Folders of pictures into a library: which files, with which data, on all cores."""
