"""Values in words for people: strength of a match, facts, titles, tags, conditions."""
