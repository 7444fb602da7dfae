"""A board in cells of a terminal.

`cells` is a grid of characters, `dots` a curve as dots, `glyphs` which characters they become, `plot` a panel,
`table` the numbers, `first_screen` all of it in a width and a height, `ansi` the grid as text, `printed` prints it.
"""
