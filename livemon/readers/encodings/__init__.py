"""The encodings of values, rows and records in files, independent of the format."""
