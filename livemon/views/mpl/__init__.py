"""Boards drawn with matplotlib: windows, pictures, figures for papers. Only this package uses matplotlib."""
