#!/usr/bin/env bash
# Builds infer, then checks and measures its GPU path (scripts/bench/gpu/check.py): tests, exports, texts to embeddings beside
# the engine's own bound and the peers, faults. Results go to scripts/bench/results/DATE-GPU/.
#
#   scripts/gpu_check.sh                  sets up with scripts/setup.sh
#   scripts/gpu_check.sh --deps DIR       on a machine without package sources, which has g++, CMake, Ninja and a python3 with
#                                         torch: builds with what --collect DIR put there on a machine that has them.
#                                         $INFER_PYTHON names another Python, $INFER_COMMIT the commit where there is no Git
#   scripts/gpu_check.sh --collect DIR    for CUDA $INFER_CUDA (default 13.0); Debian 12
#   scripts/gpu_check.sh --simulated      everything small, on simulated GPUs
#   scripts/gpu_check.sh --infer FILE     a program that is built already; together with --simulated, too
#
# Further arguments are check.py's (--help). Exit code 1: something failed; what could not run is in the table at the end.
source "$(dirname "$0")/common.sh"

python=.venv/bin/python
case "${1:-}" in
  --collect) exec scripts/gpu_deps.sh --collect "${2:?gpu_check.sh --collect DIR}" ;;
  --deps)
    scripts/gpu_deps.sh --build "${2:?gpu_check.sh --deps DIR}"
    python=$(command -v python3)
    export PATH=$PWD/.deps/mpi/bin:$PATH
    shift 2
    ;;
  --help) ;;
  *)
    if [[ " $* " != *" --infer "* ]]; then
      scripts/setup.sh
      scripts/build.sh
    fi
    ;;
esac
allow_any_mpirun
exec "${INFER_PYTHON:-$python}" scripts/bench/gpu/check.py "$@"
