# How tests are registered: ctest labels are unit, mpi, cli, faults, slurm, container, simulated, gpu and slow.

# Half of the tests' time is waiting, for limits to pass and for ranks to start. So what measures no time runs beside what
# does, and gives way to it.
set(INFER_GIVES_WAY nice -n 10)

# infer_measures_time(TEST COST): one such test for every two cores at a time, the costly ones first. They begin before
# all others, and what takes long beside them gives way to them.
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR INFER_TIMED_AT_ONCE "(${cores} + 1) / 2")
function(infer_measures_time name cost)
  get_property(count GLOBAL PROPERTY INFER_TIMED_TESTS)
  math(EXPR lock "0${count} % ${INFER_TIMED_AT_ONCE}")
  math(EXPR count "0${count} + 1")
  set_property(GLOBAL PROPERTY INFER_TIMED_TESTS ${count})
  set_tests_properties(${name} PROPERTIES RESOURCE_LOCK cores_${lock} COST ${cost})
  if(CMAKE_CXX_FLAGS MATCHES "fsanitize")  # all is late there, and the release build has the cores meanwhile
    set_tests_properties(${name} PROPERTIES PROCESSORS 2)
  endif()
endfunction()

# Whatever a build is like, the same scripts and packages make the same models: those under build/ share them.
set(fixtures_folder ${PROJECT_BINARY_DIR})
cmake_path(GET PROJECT_BINARY_DIR PARENT_PATH builds_folder)
if(builds_folder STREQUAL "${PROJECT_SOURCE_DIR}/build")
  set(fixtures_folder ${builds_folder})
endif()

# The small models that tests run, made by PyTorch into this folder; a ctest fixture, so made once per ctest run.
set(INFER_TEST_MODELS ${fixtures_folder}/test_models)
add_test(NAME make_models
  COMMAND ${INFER_PYTHON} ${PROJECT_SOURCE_DIR}/tests/support/make_models.py ${INFER_TEST_MODELS})
add_test(NAME make_models_aoti
  COMMAND ${INFER_GIVES_WAY} ${INFER_PYTHON} ${PROJECT_SOURCE_DIR}/tests/support/make_models.py ${INFER_TEST_MODELS} --aoti)
set_tests_properties(make_models PROPERTIES FIXTURES_SETUP models TIMEOUT 300 LABELS "unit;cli")
set_tests_properties(make_models_aoti PROPERTIES FIXTURES_SETUP models_aoti TIMEOUT 600 LABELS "unit;cli"
  DEPENDS make_models)

# The same for the small tokenizers, trained by the Python package.
set(INFER_TEST_TOKENIZERS ${fixtures_folder}/test_tokenizers)
add_test(NAME make_tokenizers
  COMMAND ${INFER_PYTHON} ${PROJECT_SOURCE_DIR}/tests/support/make_tokenizers.py ${INFER_TEST_TOKENIZERS})
set_tests_properties(make_tokenizers PROPERTIES FIXTURES_SETUP tokenizers TIMEOUT 120 LABELS unit)

# And for the small Parquet and Arrow files, written by Apache's own library.
set(INFER_TEST_TABLES ${fixtures_folder}/test_tables)
add_test(NAME make_tables
  COMMAND ${INFER_PYTHON} ${PROJECT_SOURCE_DIR}/tests/support/make_tables.py ${INFER_TEST_TABLES})
set_tests_properties(make_tables PROPERTIES FIXTURES_SETUP tables TIMEOUT 120 LABELS unit)

# A main() of one's own comes before that of the library.
add_library(infer_catch_main STATIC ${PROJECT_SOURCE_DIR}/tests/support/catch_main.cpp ${PROJECT_SOURCE_DIR}/tests/support/catch_runner.cpp)
target_include_directories(infer_catch_main PUBLIC ${PROJECT_SOURCE_DIR}/tests/support)
target_link_libraries(infer_catch_main PUBLIC Catch2::Catch2)
target_compile_options(infer_catch_main PRIVATE -O0)  # all of Catch2: optimised it takes 14 s instead of 7

# infer_add_unit_test(reader_test SOURCES a_test.cpp LINKS reader [PRIVATE_LINKS torch::cpu] [MODELS aoti|plain])
function(infer_add_unit_test name)
  cmake_parse_arguments(ARG "" "MODELS" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  infer_add_executable(${name} SOURCES ${ARG_SOURCES} LINKS ${ARG_LINKS} PRIVATE_LINKS infer_catch_main ${ARG_PRIVATE_LINKS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120 ENVIRONMENT INFER_TEST_MODELS=${INFER_TEST_MODELS})
  if(ARG_MODELS STREQUAL "plain")
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED models)
  elseif(ARG_MODELS STREQUAL "aoti")
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED "models;models_aoti")
  endif()
endfunction()
