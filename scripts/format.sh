#!/usr/bin/env bash
# Formats the C++ sources with the pinned clang-format of .venv. --check changes nothing: it names the files that differ, and what
# ruff finds in Python (.ruff.toml) and shellcheck in shell scripts.
source "$(dirname "$0")/common.sh"

for tool in clang-format ruff shellcheck; do
  [[ -x .venv/bin/$tool ]] || die ".venv/bin/$tool is missing: run scripts/setup.sh"
done

mapfile -t sources < <(find lib apps tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \) | sort)
mapfile -t shell_scripts < <(find .ci/run configs docker scripts tests \( -path .ci/run -o -name '*.sh' -o -name '*.sbatch' \) | sort)

check() {
  local unformatted
  unformatted=$(.venv/bin/clang-format --dry-run "${sources[@]}" 2>&1 | sed -n '/-Wclang-format-violations/s/:.*//p' | uniq)
  [[ -z $unformatted ]] || die "not formatted, run scripts/format.sh:"$'\n'"$unformatted"
  .venv/bin/ruff check --no-cache --quiet scripts tests >&2 || die "ruff found what is above: mend it"
  .venv/bin/shellcheck --external-sources --source-path=SCRIPTDIR "${shell_scripts[@]}" >&2 ||
    die "shellcheck found what is above: mend it"
  say "${#sources[@]} files are formatted; ruff finds nothing in Python, shellcheck nothing in ${#shell_scripts[@]} scripts"
}

if [[ ${1:-} == --check ]]; then
  check
else
  .venv/bin/clang-format -i "${sources[@]}"
  say "${#sources[@]} files are formatted"
fi
