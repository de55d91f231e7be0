#!/usr/bin/env bash
# Builds with the sanitizers and runs the tests that can tell something under them.
#
#   scripts/sanitize.sh              both
#   scripts/sanitize.sh asan         addresses, leaks and undefined behaviour: unit, mpi and cli tests
#   scripts/sanitize.sh tsan         data races: queue, pipeline, tokenizer and communication
source "$(dirname "$0")/common.sh"

# Not under asan:
#   memory, hundreds of MiB against a limit      its own bookkeeping is what would be measured
#   tokenizer_exactness, export, families        compare what Rust and Python make, which are not instrumented
#   limits, out_of_memory                        asan needs the memory itself, and ends where an allocation fails
#   invariance, faults, resume, strikes, readme  minutes of whole runs, some with limits in seconds; each stage has unit
#   behaviour, alike, check, inherited,          tests, and the cli cases run all of it
#   random_start, claim, crash_points, slurm, variations, bad_records, retry, retry_forms, reuse, several, several_resume, several_tables,
#   small_files, stream, inputs, images_input, choice, progress, parts, broadcast, outside_weights, stages, pictures, preload, parquet, parquet_output, convolutions, formats, first_records, trace, bench,
#   finished_record, file_roles, report, peek, peek_rows
#   no_effect, wrong_values, unknown_flag,       many starts that are refused: flags, start and writer have unit tests
#   output_folder_missing, output_is_input, start_decisions
#   folders                                      makes its models in Python, as export
not_under_asan='^(cli\.(no_effect|wrong_values|unknown_flag|output_folder_missing|output_is_input|start_decisions|memory|limits|out_of_memory|invariance|faults|resume|shells|behaviour|alike|check|inherited|random_start|claim|bad_records|retry|retry_forms|reuse|several|several_resume|several_tables|small_files|stream|inputs|images_input|choice|progress|parts|broadcast|outside_weights|stages|pictures|preload|parquet|parquet_output|convolutions|formats|first_records|trace|bench|finished_record|file_roles|report|peek|peek_rows)|faults\..*|docs\.pages|slurm|variations|folders|tokenizer_exactness|export.*|families_.*)$'
# Under tsan only what has threads of ours and little of LibTorch, which is not instrumented.
under_tsan='^(base_test|row_key_test|worker_test|writer_test|decoder_test|model_group_test|channel|agreement|gather|exit)(\.|$)'
tsan_targets=(base_test row_key_test worker_test writer_test decoder_test model_group_test channel_mpi_test agreement_mpi_test gather_mpi_test exit_program)

build() {
  say "building with preset '$1'"
  cmake --preset "$1" "$(rust_option)" >&2 || die "cmake failed (see above): has scripts/setup.sh been run?"
  cmake --build --preset "$1" ${2:+--target "${@:2}"} >&2 || die "the build failed (see above)"
}

run_asan() {
  build asan
  cc -shared -fPIC -o build/asan/keep_loaded.so tests/support/keep_loaded.c
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:verify_asan_link_order=0
  export LSAN_OPTIONS=suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0
  export UBSAN_OPTIONS=print_stacktrace=1
  local tests=(ctest --preset asan --no-tests=error --parallel "$(nproc)" -L "unit|mpi|cli")
  LD_PRELOAD=$PWD/build/asan/keep_loaded.so "${tests[@]}" -E "$not_under_asan|aoti"
  # The search for leaks itself crashes at times once a compiled model was unloaded ("Tracer caught signal 11", GCC 12).
  ASAN_OPTIONS+=:detect_leaks=0 "${tests[@]}" -R aoti
}

run_tsan() {
  build tsan "${tsan_targets[@]}"
  export TSAN_OPTIONS=suppressions=$PWD/tests/support/tsan.supp:halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1
  ctest --preset tsan --no-tests=error --parallel "$(nproc)" -R "$under_tsan"
}

chosen=("$@")
[[ ${#chosen[@]} -gt 0 ]] || chosen=(asan tsan)
for sanitizer in "${chosen[@]}"; do
  [[ $sanitizer == asan || $sanitizer == tsan ]] || die "unexpected argument '$sanitizer': give asan, tsan or none"
done
scripts/setup.sh --fuzz  # clang
scripts/setup.sh
allow_any_mpirun
find_symbolizer
for sanitizer in "${chosen[@]}"; do
  say "running the tests under $sanitizer"
  "run_$sanitizer"
done
say "clean: ${chosen[*]}"
