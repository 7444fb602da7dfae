"""`python -m livemon.tied_to_parent ...`: the `livemon` command, in a process that ends when its standard input does.

For a view that must not outlive who opened it, however that ends: the system closes the input.
"""

from __future__ import annotations

from livemon.cli import main
from livemon.system.processes import end_with_input

if __name__ == "__main__":
    end_with_input()
    main()
