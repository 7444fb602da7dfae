"""The interaction with a window.

`pointing` finds what is under the pointer, `drag` is a drag of the mouse; `overlay`, `cursor` and `cards` draw on top
of the picture; `saving` saves the visible picture; `touch` combines them and asks for another lens.
"""
