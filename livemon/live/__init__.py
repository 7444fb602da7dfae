"""The loop that turns the handle: wake, refresh, board, draw; and all that is shown while a run goes on."""
