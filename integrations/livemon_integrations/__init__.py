"""Thin callbacks around livemon, one file for each training framework; nothing is imported until you name one."""
