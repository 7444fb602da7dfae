from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import gc, os
from livemon.system.own_process import spare_process
with spare_process():
    print(gc.get_threshold()[0] > 700, gc.isenabled(), os.environ["OPENBLAS_NUM_THREADS"], gc.get_freeze_count())
print(gc.get_freeze_count() > 1000)
"""


def test_a_process_of_ours_collects_seldom_and_not_at_its_end() -> None:
    """Garbage is collected while it runs; its end looks through nothing. Threads that the user chose stay."""
    environ = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for given, threads in ({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3"):
        answer = subprocess.run([sys.executable, "-c", PROGRAM], env={**environ, **given}, check=True,
                                capture_output=True, text=True)
        assert answer.stdout == f"True True {threads} 0\nTrue\n"
