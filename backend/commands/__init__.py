"""
One module for each command of `lookalike`, imported only when it runs.

Each has `run(settings, args) -> int`, which returns the exit code and may raise CommandFailed.
"""
