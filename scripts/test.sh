#!/usr/bin/env bash
# Sets up, builds with warnings as errors and runs the tests. Arguments go to ctest:
#
#   scripts/test.sh                 everything (GPU tests say "skipped: no CUDA device" where there is none)
#   scripts/test.sh -L unit         by label: unit mpi cli faults slurm container simulated gpu slow
#   scripts/test.sh -R gather       by name
source "$(dirname "$0")/common.sh"

scripts/setup.sh
scripts/build.sh ci
allow_any_mpirun
say "running the tests"
# More than there are cores: half of the tests' time is waiting, and of those that measure time few run at once.
ctest --preset ci --no-tests=error --parallel $(($(nproc) * 2)) "$@"
