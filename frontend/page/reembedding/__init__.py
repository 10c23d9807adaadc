"""Re-embed the photos of an earlier model: the notice, the work, its progress, and what cannot be read."""
