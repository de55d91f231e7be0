#!/usr/bin/env bash
# Gathers what a built infer needs to run, apart from what built it: FOLDER/cpu and FOLDER/cuda hold its files under
# their own paths, FOLDER/packages names the system packages whose libraries it links.
#
#   docker/collect_runtime.sh FOLDER
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
folder=${1:?usage: collect_runtime.sh FOLDER}
program=$root/build/release/bin/infer
wheels=$(echo "$root"/.venv/lib/python3*/site-packages)

mkdir -p "$folder/cpu" "$folder/cuda"
mapfile -t libraries < <(ldd "$program" | awk '$3 ~ /^\// { print $3 }' | xargs realpath -s)
for library in "${libraries[@]}"; do
  [[ $library == "$root"/* ]] || { dpkg-query -S "$library" "$(realpath "$library")" 2>/dev/null || true; }
done | sed 's/:.*//' | sort -u >"$folder/packages"
echo openmpi-bin >>"$folder/packages"

cp --parents "$program" "$folder/cpu"
for library in "${libraries[@]}"; do
  [[ $library != "$root"/* ]] || cp --parents "$library" "$folder/cpu"
done
# LibTorch opens the rest of its own when it meets a GPU.
cp --parents -r "$program" "$wheels/torch/lib" "$wheels/nvidia" "$folder/cuda"
