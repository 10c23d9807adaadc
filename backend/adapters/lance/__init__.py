"""LanceDB: rows, tombstones, leases, hubs, duplicates and marks in tables, and their upkeep."""
