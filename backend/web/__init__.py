"""The HTTP side: wire types, routes, problems, headers and static files."""
