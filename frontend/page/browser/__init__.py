"""Thin wrappers around the browser: elements, tasks, storage, clock, throttle, rate, lists of files."""
