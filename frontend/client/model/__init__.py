"""The server's model on this machine: its files, their translation for a native runtime, and what runs them."""
