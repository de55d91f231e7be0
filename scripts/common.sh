# shellcheck shell=bash
# Sourced by the other scripts: strict mode, the repository root as working folder, messages on stderr.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
script_name=$(basename "$0")

say() { echo "$script_name: $*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# Shows a command, then runs it.
show() {
  echo >&2
  echo "\$ $*" >&2
  "$@"
}

# Lets mpirun start as root and with more ranks than cores: both are usual in containers and on small machines.
# OMPI_* is read by Open MPI 4, PRTE_* by Open MPI 5.
allow_any_mpirun() {
  if [[ $EUID -eq 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
}

# Sanitizers and fuzzers use the Rust library of any build where that is newer than its sources: cargo takes minutes.
rust_option() {
  local library
  for library in build/*/lib/rust/cargo/release/libinfer_rust.a; do
    if [[ -f $library && -z $(find lib/rust lib/*/rust -type f -newer "$library" -print -quit) ]]; then
      echo "-DINFER_RUST_LIBRARY=$PWD/$library"
      return
    fi
  done
  echo "-DINFER_RUST_LIBRARY="
}

# Lets clang's sanitizers name functions and lines; GCC's do it themselves.
find_symbolizer() {
  local symbolizer
  symbolizer=$(compgen -c llvm-symbolizer | sort -rV | head -n 1) || true
  [[ -n $symbolizer ]] || return 0
  ASAN_SYMBOLIZER_PATH=$(command -v "$symbolizer")
  export ASAN_SYMBOLIZER_PATH
}
