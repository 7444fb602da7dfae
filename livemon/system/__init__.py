"""Access to the operating system: files, folders, file-system events, processes. It imports nothing else of livemon."""
