"""Files as a source and as a target: CSV, JSON, JSON Lines, Excel and Parquet."""
