"""Thin wrappings of the browser: elements, tasks, storage, throttling, rates."""
