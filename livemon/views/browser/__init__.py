"""A page in a browser that shows boards: the one door to the web server.

`view` is the view; `server` answers the browser, `guard` decides whom, and `connections` how long a silent client may
stay; `feeds` hold what each lens sees and what is new of it; `plain` is a board as plain data; `deeds` makes lenses of
what is done in the page; `token` and `files` are what the server needs from the disk. The page itself is in `page/`.
"""
