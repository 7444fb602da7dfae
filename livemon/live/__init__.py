"""The loop: wake, refresh, make a board, draw; and everything shown while a run goes on."""
