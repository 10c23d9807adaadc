"""All that knows the worker with the model: starting it, asking it, saying how it is, what it takes."""
