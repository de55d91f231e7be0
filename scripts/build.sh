#!/usr/bin/env bash
# Builds infer and its tests in build/release.
#
#   scripts/build.sh                          as configured before, else with the preset 'release'
#   scripts/build.sh ci [CMAKE OPTION ...]    configures with that preset first ('ci': warnings are errors)
#   scripts/build.sh --program                what a wheel is made of, without the tests: a bit more than half as long
source "$(dirname "$0")/common.sh"

build_dir=build/release
targets=(all)
if [[ ${1:-} == --program ]]; then
  targets=(infer infer_launch)
  shift
fi
if [[ $# -gt 0 || ! -f $build_dir/build.ninja ]]; then
  preset=${1:-release}
  say "configuring with preset '$preset'"
  cmake --preset "$preset" "${@:2}" >&2 || die "cmake failed (see above): has scripts/setup.sh been run?"
fi
say "building in $build_dir"
cmake --build "$build_dir" --target "${targets[@]}" >&2 || die "the build failed (see above)"
