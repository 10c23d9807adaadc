"""The embedded object store: files in a folder of this server."""
