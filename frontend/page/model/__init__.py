"""Everything that knows the worker with the model: start it, call it, describe it, and what files it accepts."""
