"""The library as a grid: what it shows in which order, selecting many photos, and deletion with undo."""
