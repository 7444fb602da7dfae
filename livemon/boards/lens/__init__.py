"""The lens: a user's view of a run, as plain data that every view shares.

`value` is the lens, `stretch` its range of x, `moves` turn one lens into another, `history` goes back, `json_form`
writes and reads lenses, `words` turn them into a command.
"""
