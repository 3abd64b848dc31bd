"""Tables of SQL databases as sources and as transactional targets."""
