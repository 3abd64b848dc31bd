"""Files as a source and as a target: CSV and JSON Lines, plain or gzip."""
