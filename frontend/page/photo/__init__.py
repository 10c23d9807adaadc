"""One photo in the lightbox, with its title, tags and facts."""
