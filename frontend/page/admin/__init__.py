"""Notices that only administrators see."""
