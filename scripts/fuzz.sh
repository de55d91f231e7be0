#!/usr/bin/env bash
# Builds the fuzzers of tests/fuzz and runs each of them for SECONDS (60), two at a time; prints how many inputs each
# tried. Fails when one finds something, and leaves the input that shows it in build/fuzz/findings/TARGET/.
#
#   scripts/fuzz.sh                        all of them
#   scripts/fuzz.sh 600 decoder reader     these, for ten minutes each
#   build/fuzz/bin/fuzz_decoder FILE       runs a finding again
source "$(dirname "$0")/common.sh"

seconds=60
[[ ! ${1:-} =~ ^[0-9]+$ ]] || { seconds=$1 && shift; }
build=build/fuzz
at_a_time=2
limits=(-timeout=10 -rss_limit_mb=2048)

build_fuzzers() {
  scripts/setup.sh --fuzz
  say "building in $build"
  cmake --preset fuzz "$(rust_option)" >&2 || die "cmake failed (see above)"
  cmake --build --preset fuzz >&2 || die "the build failed (see above)"
}

# Runs one fuzzer, from its seeds and from what earlier runs found worth keeping. Says how it went.
run_fuzzer() {
  local target=$1 flags log=$build/$1.log found=$build/findings/$1
  mapfile -t flags <"$build/bin/fuzz_$target.flags"
  mkdir -p "$build/corpus/$target" "$found"
  if "$build/bin/fuzz_$target" "${flags[@]}" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$found/" "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, nothing found"
  else
    say "$target: FOUND $(grep -aE 'SUMMARY|not so|ERROR' "$log" | head -n 1); the input is in $found, the log is $log"
    return 1
  fi
}

targets=("$@")
build_fuzzers
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(basename -a tests/fuzz/corpus/*/)
for target in "${targets[@]}"; do
  [[ -x $build/bin/fuzz_$target ]] || die "there is no fuzzer $target; there are: $(basename -a tests/fuzz/corpus/*/ | xargs)"
done
find_symbolizer
failed=0
running=0
for target in "${targets[@]}"; do
  if [[ $running -eq $at_a_time ]]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  run_fuzzer "$target" &
  running=$((running + 1))
done
for ((; running > 0; running--)); do wait -n || failed=1; done
[[ $failed -eq 0 ]] || die "something was found (see above)"
say "nothing was found"
