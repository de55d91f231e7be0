#!/usr/bin/env bash
# Formats the C++ sources with the pinned clang-format of .venv; --check only names the files that differ.
source "$(dirname "$0")/common.sh"

clang_format=.venv/bin/clang-format
[[ -x $clang_format ]] || die "$clang_format is missing: run scripts/setup.sh"

mapfile -t sources < <(find lib apps tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \) | sort)
[[ ${#sources[@]} -gt 0 ]] || exit 0
if [[ ${1:-} == --check ]]; then
  unformatted=$("$clang_format" --dry-run "${sources[@]}" 2>&1 | sed -n '/-Wclang-format-violations/s/:.*//p' | uniq)
  [[ -z $unformatted ]] || die "not formatted, run scripts/format.sh:"$'\n'"$unformatted"
else
  "$clang_format" -i "${sources[@]}"
fi
say "${#sources[@]} files are formatted"
