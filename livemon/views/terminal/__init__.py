"""A board in the cells of a terminal.

`cells` is a grid of characters, `dots` a curve as dots, `glyphs` turn dots into characters, `plot` draws a panel,
`table` the numbers, `first_screen` all of it into a width and a height, `ansi` turns the grid into text, `printed`
prints it.
"""
