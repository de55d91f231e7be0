# The house's target kinds: one folder of lib/ is one static library infer::<folder>.

add_library(infer_options INTERFACE)
target_compile_options(infer_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-align -Wunused -Wold-style-cast -Wimplicit-fallthrough)
if(INFER_WERROR)
  # GCC 12 sees an overflow in vector::insert of short vectors (base/bytes.hpp) where there is none.
  # clang 19 tells of what libstdc++ 12 has deprecated and uses itself, in stable_sort().
  target_compile_options(infer_options INTERFACE -Werror $<$<CXX_COMPILER_ID:GNU>:-Wno-error=stringop-overflow>
    $<$<CXX_COMPILER_ID:Clang>:-Wno-error=deprecated-declarations>)
endif()
target_link_libraries(infer_options INTERFACE Threads::Threads)

# Headers that most files include, or that take seconds to read: once for each set of them, and for each level of
# optimisation. They would hide an include that is missing, so only where that is found elsewhere, under the sanitizers,
# which CI builds from nothing each time; and in unit tests, which nobody includes.
function(infer_precompile target links level)
  if(NOT INFER_PRECOMPILE AND NOT "infer_catch_main" IN_LIST links)
    return()
  endif()
  set(shared infer_headers${level})
  set(headers <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstdint> <cstring> <deque>
    <filesystem> <fstream> <functional> <iomanip> <iostream> <limits> <map> <memory> <mutex> <numeric> <optional> <random>
    <semaphore> <set> <span> <sstream> <string> <string_view> <thread> <unordered_map> <unordered_set> <utility> <variant> <vector>)
  set(used infer_options)
  # Not both, in whatever order: each has a macro CHECK.
  if(links MATCHES "infer_catch_main|infer_mpi_test_support" AND NOT "torch::cpu" IN_LIST links)
    string(APPEND shared _catch)
    list(APPEND headers <catch2/catch.hpp>)
  elseif("torch::cpu" IN_LIST links AND NOT "infer_catch_main" IN_LIST links)
    string(APPEND shared _torch)
    list(APPEND headers <torch/csrc/jit/api/module.h>)
    list(APPEND used torch::cpu)
  elseif("simdjson::simdjson" IN_LIST links)
    string(APPEND shared _simdjson)
    list(APPEND headers <simdjson.h>)
    list(APPEND used simdjson::simdjson)
  endif()
  if(NOT TARGET ${shared})
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/${shared}.cpp CONTENT "")
    add_library(${shared} OBJECT ${PROJECT_BINARY_DIR}/${shared}.cpp)
    target_link_libraries(${shared} PRIVATE ${used})
    target_compile_options(${shared} PRIVATE ${level})
    target_precompile_headers(${shared} PRIVATE ${headers})
    # As ccache gave it, it may be older than what it was made of.
    target_compile_options(${shared} PRIVATE $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${shared})
  # GCC 12 knows no longer that these headers are the system's, and sees overflows in std::string that are none.
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread>)
endfunction()

# infer_add_library(reader SOURCES a.cpp LINKS base record [PRIVATE_LINKS torch::cpu])
function(infer_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(infer_${name} STATIC ${ARG_SOURCES})
  add_library(infer::${name} ALIAS infer_${name})
  target_include_directories(infer_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  list(TRANSFORM ARG_LINKS PREPEND infer::)
  target_link_libraries(infer_${name} PUBLIC ${ARG_LINKS} PRIVATE infer_options ${ARG_PRIVATE_LINKS})
  # Through these every byte of the data goes: under a sanitizer and not optimised they read 0.3 MB/s.
  set(level "")
  if(CMAKE_BUILD_TYPE STREQUAL Debug AND name MATCHES "^(base|record|keys|reuse|row_key|json|reader|decoder|batcher|encoder|writer)$")
    set(level -O1)
    target_compile_options(infer_${name} PRIVATE ${level})
  endif()
  if(NOT name MATCHES "^(decoder|peek)$")  # built for other instructions
    infer_precompile(infer_${name} "${ARG_PRIVATE_LINKS}" "${level}")
  endif()
endfunction()

# infer_add_executable(infer SOURCES main.cpp LINKS pipeline [PRIVATE_LINKS CLI11::CLI11])
# DT_RPATH, not DT_RUNPATH: it also serves libraries that are loaded at run time and what those need.
function(infer_add_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_LINKS PREPEND infer::)
  target_link_libraries(${name} PRIVATE infer_options ${ARG_LINKS} ${ARG_PRIVATE_LINKS})
  set(level "")
  if(CMAKE_BUILD_TYPE STREQUAL Release AND "infer_catch_main" IN_LIST ARG_PRIVATE_LINKS)
    set(level -O1)  # tests are compiled more often than they run
    target_compile_options(${name} PRIVATE ${level})
  endif()
  infer_precompile(${name} "${ARG_PRIVATE_LINKS}" "${level}")
  # Among the libraries, so that it comes last: some mpicc ask for the opposite.
  target_link_libraries(${name} PRIVATE -Wl,--disable-new-dtags)
  set_target_properties(${name} PROPERTIES BUILD_RPATH "${TorchWheel_RPATH}" INSTALL_RPATH "${TorchWheel_RPATH}")
endfunction()
