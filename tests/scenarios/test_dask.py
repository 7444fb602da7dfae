from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"

# In a process of its own: a cluster leaves threads behind that end when they like.
PROGRAM = """
import sys
from dask.distributed import Client, LocalCluster
from livemon import MultiExperimentLoader, discover_experiments

if __name__ == "__main__":
    dirs = discover_experiments(sys.argv[1])
    here = MultiExperimentLoader(dirs, cache=False)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        with Client(cluster) as client:
            spread = MultiExperimentLoader(dirs, executor=client.get_executor(), cache=False)
            assert spread.compare_metrics("train_loss").equals(here.compare_metrics("train_loss"))
            assert repr(spread.get_all_summaries()) == repr(here.get_all_summaries())
            assert list(spread.load_all_metrics()) == here.names
            workers = client.run(lambda: "livemon.runs.experiment" in sys.modules)
            assert any(workers.values()), "nothing was read by a worker"
"""


@pytest.mark.slow
def test_a_dask_cluster_reads_the_same(tmp_path: Path) -> None:
    """Reading over a real dask cluster of two processes gives what reading here gives."""
    pytest.importorskip("distributed", reason="dask.distributed is not installed (pip install 'livemon[dask]')")
    script = tmp_path / "spread.py"
    script.write_text(PROGRAM)
    done = subprocess.run([sys.executable, str(script), str(SEED_LAYOUT)], capture_output=True, text=True, timeout=110,
                          check=False)
    assert done.returncode == 0, done.stderr
