"""infer on a real Slurm of two nodes that lives on this machine as long as the test: configs/slurm's scripts as they are.

    slurm_test.py INFER MODELS [NAME... | all]

Without a name, the tests that take under a minute together. Needs root and `scripts/setup.sh --slurm`; exit 77 where it cannot run.
"""

import functools
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import cluster
import own_machine
from cli_support import Program, Test, run_tests
from cluster import Cluster
from late_fence import late_fence
from refusals import bound_to_one_core, no_pmix, other_versions, shared_gpu
from stops import cancelled, end_of_time, lost_node, preempted, requeued, requeued_mpirun
from ways import gpus_by_gres, unchanged, ways_to_start

ClusterTest = Callable[[Cluster, Program, pathlib.Path], str | None]
TESTS: list[ClusterTest] = [ways_to_start, gpus_by_gres, late_fence, requeued, no_pmix, shared_gpu, bound_to_one_core, other_versions]
SLOW: list[ClusterTest] = [requeued_mpirun, cancelled, lost_node, unchanged, end_of_time, preempted]
CANNOT_RUN = 77


def on_cluster(test: ClusterTest, slurm: Cluster) -> Test:
    return functools.update_wrapper(functools.partial(test, slurm), test)


def main() -> int:
    place = own_machine.folder()
    if place is None:
        if reason := cluster.unavailable():
            print(f"skipped: {reason}")
            return CANNOT_RUN
        return own_machine.run_inside()
    tempfile.tempdir = tempfile.gettempdir()  # what a failed test leaves is kept; what Slurm and MPI write goes
    os.environ["TMPDIR"] = str(place)
    slurm = Cluster(place)
    slurm.start()
    names = sys.argv[3:]
    sys.argv[3:] = [name for name in names if name != "all"]
    return run_tests([on_cluster(test, slurm) for test in (TESTS + SLOW if names else TESTS)], __doc__)


if __name__ == "__main__":
    sys.exit(main())
