"""The commands for terminals: what `lookalike import`, `search` and `watch` run. Each is a module with `run`."""
