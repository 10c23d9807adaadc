"""Words and numbers for people: counts, strength of a match, facts, titles and tags, conditions."""
