"""How values, rows and records are encoded in files, whatever the format they belong to."""
