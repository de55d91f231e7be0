#!/usr/bin/env bash
# Runs the commands of docs/*.md word by word: every fenced block (sh) after a line <!-- test -->, page after page, each in
# a folder of its own, in which docs/start.md has left its files. Blocks after <!-- test: gpus --> get two GPUs, simulated
# ones where there are none. srun and sbatch are stand-ins here that run a job's script on this machine: tests/slurm has a
# real cluster. timeout is one that ends a run when it has written rows, however slow this machine is. A page also shows the
# rows that its commands give.
#
#   tests/docs/pages_test.sh ROOT INFER [WHEEL]
#
# INFER is a build's, and Python is that of ROOT/.venv; or the two are of the environment into which the first commands of
# docs/start.md have installed WHEEL: then blocks after <!-- test: wheel --> are run too, and nothing is set that a user has not set.
# shellcheck disable=SC2016,SC2329  # programs that are written here expand later; pages are run by the name of their function
set -euo pipefail
root=$(realpath "${1:?usage: pages_test.sh ROOT INFER [WHEEL]}")
INFER=$(realpath "${2:?usage: pages_test.sh ROOT INFER [WHEEL]}")
wheel=${3:-}
on_simulated_gpus=${ON_SIMULATED_GPUS:-${INFER%/*}/on_simulated_gpus}
docs=$root/docs
python=$root/.venv/bin
[[ -z $wheel ]] || python=${INFER%/*}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir "$scratch/bin" "$scratch/start"
export PATH=$scratch/bin:${INFER%/*}:$python:$PATH
if [[ -z $wheel ]]; then
  # An export's warnings are no news.
  export PYTHONWARNINGS=ignore HF_HUB_OFFLINE=1 OMPI_MCA_rmaps_base_oversubscribe=1
else
  cp "$wheel" "$scratch/start"
fi

# The blocks of page $1 behind the mark $2.
commands() {
  awk -v mark="<!-- $2 -->" '
    $0 == mark { marked = 1; next }
    /^```/ && open { open = 0; next }
    /^```sh/ && marked { open = 1; marked = 0; next }
    open { print }' "$docs/$1"
}

program() { printf '#!/usr/bin/env bash\n%s\n' "$2" >"$scratch/bin/$1" && chmod 755 "$scratch/bin/$1"; }

[[ -n $wheel ]] || program infer-export "exec '$python/python3' '$root/scripts/export_model.py' \"\$@\""
program sbatch 'script=$1 && shift && SLURM_JOB_ID=1 SLURM_CPUS_PER_TASK=1 bash "$script" "$@"'
program srun 'while [[ $1 == --* ]]; do shift; done; exec "$@"'
program timeout 'shift 3
  (while kill -0 $$ && [[ ! -s many_scores.jsonl.partial ]]; do sleep 0.02; done 2>/dev/null; kill -INT $$) & exec "$@"'
program squeue '[[ $* == *%e* ]] && date +%FT%T --date="1 hour" || echo RUNNING'

as_root=''
if [[ $EUID -eq 0 ]]; then
  # With what the page on clusters says of it.
  as_root=$(tr '\n' ' ' <"$docs/clusters.md" | grep -o 'export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1')
fi
unset OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM

# Runs page $1 in folder $2.
run_page() {
  local block page=$1
  [[ $page != text.md ]] || make_minilm "$2"
  block=$(commands "$page" test)
  [[ -z $block ]] || (cd "$2" && bash -euxo pipefail -c "$as_root"$'\n'"$block")
  block=$(commands "$page" 'test: gpus')
  [[ -z $block ]] || run_on_gpus "$2" "$block"
}

# A sentence encoder, as docs/text.md wants one, in folder $1. It takes what that page has installed.
make_minilm() {
  local install
  install=$(commands text.md 'test: wheel')
  [[ -z $wheel ]] || (cd "$1" && bash -euxo pipefail -c "$install")
  "$python/python3" "$root/tests/docs/minilm.py" "$1/minilm"
}

run_on_gpus() {
  local own=("$INFER")
  if [[ ! -e /dev/nvidia0 ]]; then
    [[ -x $on_simulated_gpus ]] || { echo "skipped: GPUs, for there are not even simulated ones"; return 0; }
    own=("$on_simulated_gpus" "$INFER")
    export SIMULATED_GPUS=2
  fi
  program infer "exec ${own[*]} \"\$@\""
  (cd "$1" && unset INFER_DEVICE && bash -euxo pipefail -c "$as_root"$'\n'"$2")
  rm "$scratch/bin/infer"
}

# As another user with nothing, where that one may use the files.
run_as_nobody() {
  local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env "HOME=$1")
  [[ $EUID -eq 0 ]] || return 0
  if ! "${nobody[@]}" bash -c 'infer --version && python3 -c "import torch"' >/dev/null 2>&1; then
    echo "not run as another user, who may not use $INFER or $python/python3"
    return 0
  fi
  chmod 777 "$1"
  (cd "$1" && "${nobody[@]}" bash -euxo pipefail -c "$(commands start.md test)")
}

# The rows in file $2, in page $1.
check_rows() {
  local row
  while IFS= read -r row; do
    grep -qF -- "$row" "$docs/$1" || { echo "$2 has a row that docs/$1 does not show: $row"; exit 1; }
  done <"$2"
}

# The page on the report tells of each section of the report $1.
check_sections() {
  local section
  while IFS= read -r section; do
    grep -qF "| $section |" "$docs/report.md" || { echo "docs/report.md does not tell of \"$section\""; exit 1; }
  done < <(grep -oE '<h2>[^<]+' "$1" | cut -c5-)
}

# The table of docs/start.md leads to ten sections that have commands which are run.
check_tasks() {
  local link links
  links=$(awk '/^## Ten things/ { here = 1 } here' "$docs/start.md" | grep -oE '\]\(([a-z]+\.md)?#[^)]+\)' | tr -d ']()')
  [[ $(wc -l <<<"$links") -eq 10 ]] || { echo "docs/start.md does not list ten things"; exit 1; }
  for link in $links; do
    [[ $link != '#'* ]] || link=start.md$link
    awk -v anchor="${link#*#}" '
      /^## / { title = tolower(substr($0, 4)); gsub(/[^a-z0-9 -]/, "", title); gsub(/ /, "-", title); here = title == anchor }
      here && /^<!-- test/ { found = 1 }
      END { exit !found }' "$docs/${link%%#*}" || { echo "docs/$link: nothing there is run"; exit 1; }
  done
}

# What docs/start.md promises to somebody with nothing but infer and Python.
try_start() {
  mkdir "$scratch/nobody"
  run_as_nobody "$scratch/nobody"
  run_page start.md "$scratch/start"
  check_rows start.md "$scratch/start/scores.jsonl"
  check_tasks
}

# Page $1, which goes on from the files of docs/start.md.
try_page() {
  local folder=$scratch/${1%.md}
  cp -r "$scratch/start" "$folder"
  run_page "$1" "$folder"
  [[ $1 != report.md ]] || check_sections "$folder/report.html"
}

# `$2 $3...`, for page $1; the other pages are run though it fails.
say_of() {
  local code=0 page=$1 start=$SECONDS
  shift
  set +e
  (set -e; "$@")
  code=$?
  set -e
  if [[ $code -eq 0 ]]; then
    said+=("docs/$page: passed in $((SECONDS - start)) s")
  else
    said+=("docs/$page: FAILED")
    failed=1
  fi
}

said=()
failed=0
say_of start.md try_start
for path in "$docs"/*.md; do
  page=${path##*/}
  [[ $page != start.md && -n $(commands "$page" test)$(commands "$page" 'test: gpus') ]] || continue
  if [[ $page == text.md && $(infer --version) == *'no tokenizer'* ]]; then
    said+=("docs/text.md: skipped, for this build takes no text")
    continue
  fi
  say_of "$page" try_page "$page"
done
printf '%s\n' "${said[@]}"
exit "$failed"
