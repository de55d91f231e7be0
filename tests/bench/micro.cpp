// Times the ways to do one job on one thread, in processor time: for scripts/bench/micro.py, which runs
// Python's ways in turn with them.
//
//   micro read-floats LINES WIDTH        micro read-texts LINES
//   micro write FLOATS WIDTH             micro rows FLOATS WIDTH     writes infer's rows to standard output
//   micro versions
//
// Prints a line "SECONDS NUMBER WAY" for every way, timed once after one run that warms up; ways.hpp says
// what NUMBER is.
#include <time.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "ways.hpp"

namespace {

using namespace infer::bench;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void time_ways(const std::vector<Way>& ways) {
  for (const auto& way : ways) way.run();
  for (const auto& way : ways) {
    const auto start = thread_seconds();
    const auto number = way.run();
    std::printf("%.9f %.9g %s\n", thread_seconds() - start, number, way.name.c_str());
  }
}

void run(const std::vector<std::string>& arguments) {
  const auto& job = arguments.at(0);
  if (job == "versions") return void(std::puts("simdjson " INFER_SIMDJSON "\ncompiler " INFER_COMPILER));
  const auto& path = arguments.at(1);
  if (job == "read-texts") return time_ways(ways_to_read_texts(path));
  const auto width = std::stoul(arguments.at(2));
  if (job == "read-floats") return time_ways(ways_to_read_floats(path, width));
  if (job == "write") return time_ways(ways_to_write(path, width));
  if (job != "rows") throw std::runtime_error("unknown job " + job);
  std::cout << rows_text(path, width) << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
    return std::cout ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "micro: " << error.what() << '\n';
    return 1;
  }
}
