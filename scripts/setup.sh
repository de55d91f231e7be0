#!/usr/bin/env bash
# Installs what infer needs to be built, tested and shown: system packages (Debian 12, Ubuntu 24.04; as root or with
# sudo) and the Python packages of scripts/requirements.txt in .venv. A second run finds everything and takes a second.
#
#   scripts/setup.sh
#   scripts/setup.sh --fuzz                   system packages alone, with clang: scripts/fuzz.sh needs no more
#   scripts/setup.sh --slurm                  also Slurm, for the tests on a cluster of two nodes (ctest -L slurm); its
#                                             services are not needed, and not started where there is no systemd
#   scripts/setup.sh --container              also what builds and runs images without a daemon (ctest -L container)
#   INFER_TORCH=2.11.0 scripts/setup.sh       another torch (2.11 ... 2.15) than the pinned one; a wheel that already
#                                             is in .venv, such as 2.15.0+cpu, is kept and needs no download
source "$(dirname "$0")/common.sh"

for flag in "$@"; do
  [[ $flag == --fuzz || $flag == --slurm || $flag == --container ]] ||
    die "unexpected argument '$flag' (see the first lines of this script)"
done
is_given() { [[ " $flags " == *" $1 "* ]]; }
flags=$*

# ccache: rebuilds. python3-dev: torch compiles GPU kernels against Python's headers when a model is exported.
# ca-certificates: cargo's downloads. pkg-config: by it cargo finds libzstd. iproute2, btrfs-progs: tests that need a network to cut, or a quota.
# zsh, fish, man-db: what they complete and show is tested.
packages=(g++ cmake ninja-build ccache libopenmpi-dev openmpi-bin libspdlog-dev libcli11-dev libsimdjson-dev libxxhash-dev zlib1g-dev libzstd-dev libjpeg-dev libpng-dev libwebp-dev pkg-config catch2
  python3-venv python3-dev ca-certificates iproute2 btrfs-progs zsh fish man-db)
# The newest clang that Debian 12 and Ubuntu 24.04 have, its sanitizers, and llvm-symbolizer.
! is_given --fuzz || packages+=(clang-19 libclang-rt-19-dev llvm-19)
! is_given --slurm || packages+=(slurm-wlm munge)
! is_given --container || packages+=(buildah mmdebstrap bubblewrap)
least_rust=1.85  # what lib/rust/Cargo.toml asks for
needed_gib=8
stamp=.venv/.infer-setup

as_root() {
  if [[ $EUID -eq 0 ]]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "system packages are missing (${missing[*]}) and this is neither root nor is there sudo: have them installed"
  fi
}

find_missing_packages() {
  missing=()
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
  done
}

is_new_enough() { [[ -n $1 && $(printf '%s\n' "$1" $least_rust | sort -V | head -n 1) == "$least_rust" ]]; }

# In PATH, or where rustup and Ubuntu's versioned packages put it, as lib/rust/CMakeLists.txt looks.
has_rust() {
  local cargo
  for cargo in cargo ~/.cargo/bin/cargo /usr/lib/rust-*/bin/cargo; do
    is_new_enough "$("$cargo" --version 2>/dev/null | cut -d' ' -f2)" && return 0
  done
  return 1
}

# Adds a Rust that is new enough to `missing`: Debian 12 has one for its web browsers, Ubuntu 24.04 has several by
# version, and later releases have one as it should be.
add_rust() {
  local cargo versioned
  mapfile -t versioned < <(apt-cache search --names-only '^cargo-1\.[0-9]+$' | cut -d' ' -f1 | sort -rV)
  for cargo in cargo cargo-web "${versioned[@]}"; do
    if is_new_enough "$(apt-cache policy "$cargo" | awk '$1 == "Candidate:" { print $2 }' | grep -v none || true)"; then
      missing+=("$cargo" "${cargo/cargo/rustc}")
      return 0
    fi
  done
  die "no package here has Rust $least_rust or newer: install it with rustup (its default folders are found)"
}

install_packages() {
  command -v dpkg-query >/dev/null ||
    die "this is no Debian or Ubuntu: install by hand what these packages hold: ${packages[*]}, and Rust $least_rust"
  find_missing_packages
  [[ ${#missing[@]} -gt 0 ]] || ! has_rust || return 0
  local options=(-qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
  as_root apt-get "${options[@]}" update >&2 || die "apt-get update failed: check the network and the apt sources"
  has_rust || add_rust
  say "installing system packages: ${missing[*]}"
  as_root apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get install failed (see above): on Ubuntu, is the component 'universe' enabled?"
}

# The hash of everything that decides what .venv holds.
wanted_stamp() { (echo "${INFER_TORCH:-}" && cat scripts/requirements.txt) | sha256sum; }

check_disk_space() {
  local blocks block_size
  read -r blocks block_size <<<"$(stat -f -c '%a %S' .)"
  local free_gib=$((blocks * block_size / 1024 / 1024 / 1024))
  [[ $free_gib -ge $needed_gib ]] ||
    die "the disk of $PWD has $free_gib GiB free, .venv and the build need $needed_gib GiB: make room"
}

pip() {
  local quiet=(--quiet)
  [[ ! -t 2 ]] || quiet=()
  .venv/bin/python -m pip --disable-pip-version-check --no-input "${quiet[@]}" "$@" >&2
}

# The CUDA headers that torch's own dependencies leave out, in the version of the CUDA runtime that came with it.
install_matching_headers() {
  local cuda
  cuda=$(.venv/bin/python -c 'import importlib.metadata as m; print(m.version("nvidia-cuda-runtime"))' 2>/dev/null |
    cut -d. -f1,2) || true
  [[ -z $cuda ]] || pip install "nvidia-cuda-crt==$cuda.*" "nvidia-cuda-cccl==$cuda.*"
}

install_python_packages() {
  if [[ -f $stamp && $(<"$stamp") == "$(wanted_stamp)" ]] && .venv/bin/python -c '' 2>/dev/null; then
    return 0
  fi
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    check_disk_space
    say "creating .venv"
    python3 -m venv --clear .venv
  fi
  rm -f "$stamp"
  local failed="pip install failed (see above): check the network and the disk (behind a proxy with certificates of its own: PIP_CERT), then run this script again"
  if [[ -n ${INFER_TORCH:-} ]]; then
    say "installing Python packages into .venv with torch $INFER_TORCH"
    sed -e "s/^torch==.*/torch==$INFER_TORCH/" -e 's/^torchvision==.*/torchvision/' -e '/^nvidia-cuda-crt==/d' scripts/requirements.txt >.venv/requirements.txt
    pip install -r .venv/requirements.txt || die "$failed"
    install_matching_headers || die "$failed"
  else
    say "installing Python packages into .venv (about 3 GB to download, 6 GB on disk)"
    pip install -r scripts/requirements.txt || die "$failed"
  fi
  wanted_stamp >"$stamp"
}

install_packages
if is_given --fuzz; then
  say "ready: system packages are complete"
else
  install_python_packages
  say "ready: system packages and .venv are complete"
fi
