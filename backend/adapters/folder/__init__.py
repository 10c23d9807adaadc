"""The folder store: objects as files in a folder of this server."""
