"""The grid of all photos: sorting, filters, selection, deletion with undo."""
