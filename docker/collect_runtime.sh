#!/usr/bin/env bash
# Gathers what a built infer needs to run, apart from what built it. FOLDER/files is laid over a system's root: /opt/infer
# with the program and its libraries, and where the loader finds them (ldconfig). FOLDER/packages names the system packages.
#
#   docker/collect_runtime.sh cpu|cuda FOLDER
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
usage="usage: collect_runtime.sh cpu|cuda FOLDER"
kind=${1:?$usage}
folder=$(realpath -m "${2:?$usage}")
[[ $kind == cpu || $kind == cuda ]] || { echo "$usage" >&2 && exit 2; }
program=$root/build/release/bin/infer
wheels=$(realpath "$root"/.venv/lib/python3*/site-packages)
home=opt/infer

mkdir -p "$folder/files/$home/bin" "$folder/files/$home/lib" "$folder/files/etc/ld.so.conf.d"
cp "$program" "$folder/files/$home/bin"
mapfile -t libraries < <(ldd "$program" | awk '$3 ~ /^\// { print $3 }' | xargs realpath -s)
from_wheels=()
for library in "${libraries[@]}"; do
  [[ $library != "$wheels"/* ]] || from_wheels+=("${library#"$wheels"/}")
done
cd "$wheels"
# LibTorch opens the rest of its own when it meets a GPU; Python is not to be there.
if [[ $kind == cuda ]]; then
  [[ -f torch/lib/libtorch_cuda.so ]] || { echo "the torch wheel in $wheels has no CUDA" >&2 && exit 1; }
  mapfile -t from_wheels < <(find torch/lib nvidia \( -name '*.so' -o -name '*.so.*' \) ! -name 'libtorch_python*' ! -name 'libshm*' -type f)
fi
cp --parents "${from_wheels[@]}" "$folder/files/$home/lib"
printf "/$home/lib/%s\n" "${from_wheels[@]%/*}" | sort -u >"$folder/files/etc/ld.so.conf.d/infer.conf"

for library in "${libraries[@]}"; do
  [[ $library == "$wheels"/* ]] || { dpkg-query -S "$library" "$(realpath "$library")" 2>/dev/null || true; }
done | sed 's/:.*//' | sort -u >"$folder/packages"
echo openmpi-bin >>"$folder/packages"
