"""Everything that knows the server: its API, its space and limits, the key, addresses, whether it is there."""
