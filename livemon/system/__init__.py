"""What livemon asks of the operating system: files, folders, file-system events, processes. It imports nothing else."""
