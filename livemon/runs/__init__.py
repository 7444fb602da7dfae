"""A path -> its run: the files, followed while they grow; the state; the folders in which it goes on."""
