// What must hold for every input; a fuzzer reports the input that breaks it.
#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the process with a message and a stack trace.
#define INFER_FUZZ_REQUIRE(condition)                                            \
  do {                                                                           \
    if (condition) break;                                                        \
    std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    std::abort();                                                                \
  } while (false)
