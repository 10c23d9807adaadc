"""All that knows the JSON API: requests, the key, addresses, whether the server answers."""
