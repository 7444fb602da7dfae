"""Boards drawn with matplotlib: windows, pictures, figures for papers. The one door to matplotlib."""
