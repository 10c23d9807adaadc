"""From a photo, a part of it or words to results: the query, its examples, filters, history and results."""
