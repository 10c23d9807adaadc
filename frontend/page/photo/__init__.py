"""One photo, large, with its title, tags and facts."""
