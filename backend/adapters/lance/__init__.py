"""LanceDB: rows, tombstones, leases, hubs and marks in tables, and their upkeep."""
