# infer_add_fuzzer(reader LINKS reader [PRIVATE_LINKS simdjson::simdjson] [SOURCES more.cpp] [MAX_LEN 1024] [DICTIONARY a.dict])
# bin/fuzz_reader of reader_fuzzer.cpp, with seeds in corpus/reader/ and libFuzzer's flags in bin/fuzz_reader.flags; and
# a ctest entry that runs the seeds once.
include_guard(DIRECTORY)

function(infer_add_fuzzer name)
  cmake_parse_arguments(ARG "" "MAX_LEN;DICTIONARY" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  set(target fuzz_${name})
  infer_add_executable(${target} SOURCES ${name}_fuzzer.cpp ${ARG_SOURCES} LINKS ${ARG_LINKS}
    PRIVATE_LINKS ${ARG_PRIVATE_LINKS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/lib)
  target_compile_definitions(${target} PRIVATE INFER_FUZZ_FOLDER="${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  set(flags "")
  if(ARG_MAX_LEN)
    string(APPEND flags "-max_len=${ARG_MAX_LEN}\n")
  endif()
  if(ARG_DICTIONARY)
    string(APPEND flags "-dict=${CMAKE_CURRENT_SOURCE_DIR}/${ARG_DICTIONARY}\n")
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${target}.flags CONTENT "${flags}")
  add_test(NAME fuzz.${name} COMMAND ${target} -runs=0 ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
