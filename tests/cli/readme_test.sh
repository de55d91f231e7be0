#!/usr/bin/env bash
# Runs the README's commands: every fenced block (console or sh) after a line <!-- test -->, in one scratch folder, in
# order. In a console block the lines after "$ " are commands. Blocks may use $INFER, $MODELS and plain `infer`.
#
#   tests/cli/readme_test.sh ROOT INFER MODELS      exit 77: the README marks no block
set -euo pipefail
root=$(realpath "${1:?usage: readme_test.sh ROOT INFER MODELS}")
INFER=$(realpath "$2")
MODELS=$(realpath "$3")
export INFER MODELS PATH="${INFER%/*}:$PATH"

# The commands of the marked blocks.
commands() {
  awk '
    /^<!-- test -->/ { marked = 1; next }
    /^```/ && open { open = 0; next }
    /^```(console|sh|bash)/ && marked { open = 1; marked = 0; console = /console/; next }
    open && !console { print }
    open && console && /^\$ / { print substr($0, 3); joined = /\\$/; next }
    open && console && joined { print; joined = /\\$/ }
  ' "$root/README.md"
}

script=$(commands)
if [[ -z $script ]]; then
  echo "skipped: README.md has no block after <!-- test -->"
  exit 77
fi
# As root with what the README says of it, and as another user with nothing, where that one may use the files.
unset OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
as_root=$(tr '\n' ' ' <"$root/README.md" | grep -o 'export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
PATH="$root/.venv/bin:$PATH"
if [[ $EUID -eq 0 ]]; then
  nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$scratch")
  if "${nobody[@]}" bash -c 'infer --version && python3 -c "import torch"' >/dev/null 2>&1; then
    chmod 777 .
    "${nobody[@]}" bash -euxo pipefail -c "$script"
    rm -rf ./*
  else
    echo "not run as another user, who may not use $INFER or $(command -v python3)"
  fi
  script="$as_root
$script"
fi
bash -euxo pipefail -c "$script"

# The README shows the rows that its example really gives.
while IFS= read -r row; do
  grep -qF -- "$row" "$root/README.md" || { echo "scores.jsonl has a row that README.md does not show: $row"; exit 1; }
done <scores.jsonl
