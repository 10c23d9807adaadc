"""Notices that only an administrator sees."""
