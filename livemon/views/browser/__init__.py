"""A page in a browser that shows boards. Only this package uses the web server.

`view` is the view; `server` answers the browser, `guard` decides who may read, and `connections` closes silent clients;
`feeds` hold the boards of each lens and their changes; `plain` is a board as plain data; `actions` turns actions in the
page into lenses; `token` and `files` read what the server needs from the disk. The page itself is in `page/`.
"""
