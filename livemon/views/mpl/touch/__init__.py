"""What a window does when it is touched.

`pointing` finds what is under the pointer, `drag` what is dragged; `overlay`, `cursor` and `cards` draw on top of the
picture; `saving` writes what is seen; `touch` puts them together and asks for another lens.
"""
