"""The lens: what somebody looks at, as plain data that every view shares.

`value` is the lens, `stretch` its part of x, `moves` make another lens of one, `history` goes back, `json_form` writes
and reads it, `words` say it as a command.
"""
