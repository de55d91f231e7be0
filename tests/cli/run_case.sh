#!/usr/bin/env bash
# Runs one golden case: cases/NAME/cmd (bash) in a fresh scratch folder, and compares stdout, stderr and exit code with
# the files beside it (a missing file means: empty, exit 0). In expected text a line `*` stands for any lines and
# `[...]` for anything within a line.
#
#   tests/cli/run_case.sh [--rewrite] CASE INFER MODELS     --rewrite writes what came as the new expectation
#
# A cmd has: infer ARGS (the program), mpi N ARGS (under mpirun, without the launcher's own messages), models/ (the
# fixture models), rows N (N records of 8 numbers), and the variables INFER, MODELS, CASE.
set -euo pipefail
rewrite=false
[[ ${1:-} == --rewrite ]] && rewrite=true && shift
usage='usage: run_case.sh [--rewrite] CASE INFER MODELS'
CASE=$(realpath "${1:?$usage}")
INFER=$(realpath "${2:?$usage}")
MODELS=$(realpath "${3:?$usage}")
export CASE INFER MODELS INFER_DEVICE=cpu
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_plm_rsh_agent=/bin/false
export HWLOC_HIDE_ERRORS=2  # that there is no /sys, in a plain chroot

infer() { "$INFER" "$@"; }

mpi() {
  local ranks=$1 code=0
  shift
  mpirun --oversubscribe --bind-to none -np "$ranks" "$INFER" "$@" 2>.mpirun || code=$?
  sed -e '/^-----/,/^-----/d' -e '/^\[[^]]*:[0-9]*\] /d' .mpirun >&2
  rm .mpirun
  return $code
}

rows() {
  local i
  for ((i = 0; i < $1; i++)); do echo "{\"id\":$i,\"x\":[$i,0,0,0,0,0,0,0.5]}"; done
}
export -f infer mpi rows

# The regular expression for expected text on stdin.
pattern() {
  local line result=''
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == '*' ]]; then
      result+=$'([^\n]*\n)*'
    else
      line=$(sed -e 's/[][\.*^$+?(){}|]/\\&/g' -e $'s/\\\\\\[\\\\\\.\\\\\\.\\\\\\.\\\\\\]/[^\x01]*/g' <<<"$line")
      result+=${line//$'\x01'/$'\n'}$'\n'
    fi
  done
  printf '%s' "$result"
}

matches() {
  local expected got
  expected=$(pattern <"$1" && echo .)
  got=$(cat "$2" && echo .)
  [[ $got =~ ^${expected%.}\.$ ]]
}

# What differs from run to run, as patterns.
generalize() {
  sed -E -e 's/^(infer: .* failed, ).* rows\/s$/\1[...]/' -e 's/^(infer: busy seconds).*/\1[...]/' \
    -e 's/( tokens, )[0-9]+ tokens\/s/\1[...] tokens\/s/' -e 's/^(  size     )[0-9]+/\1[...]/' -e 's/^(  compiled ).*/\1[...]/' \
    -e 's/^(infer: seconds since the process began).*/\1[...]/' -e 's/(slowest rank \/ mean ).*/\1[...]/' \
    -e 's/^(infer: infer )[0-9.]+: (.*, )[0-9]+ thread/\1[...]: \2[...] thread/' -e "s/\\($(hostname)\\)/([...])/g" \
    -e 's/(go on with: ).*( --resume)/\1[...]\2/' "$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/work" "$scratch/expected"
ln -s "$MODELS" "$scratch/work/models"
code=0
(cd "$scratch/work" && bash -u "$CASE/cmd" </dev/null >"$scratch/stdout" 2>"$scratch/stderr") || code=$?
echo "$code" >"$scratch/exit"

echo 0 >"$scratch/expected/exit"
touch "$scratch/expected/stdout" "$scratch/expected/stderr"
failed=false
for part in stdout stderr exit; do
  expected=$scratch/expected/$part
  [[ -e $CASE/$part ]] && cp "$CASE/$part" "$expected"
  matches "$expected" "$scratch/$part" && continue
  if $rewrite; then
    generalize "$scratch/$part" >"$CASE/$part"
    echo "$CASE/$part rewritten"
  else
    failed=true
    echo "$(basename "$CASE"): $part differs (- expected, + got); cmd: $CASE/cmd"
    diff -u --label "expected $part" --label "got $part" "$expected" "$scratch/$part" || true
  fi
done
! $failed
