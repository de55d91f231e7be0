// Reads a stream to its end as a run does, and lets every chunk go: for scripts/bench/streams.py.
//
//   streams FILE     "-" is standard input
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <thread>

#include "reader/stream/stream_source.hpp"

namespace {

using namespace infer;

void run(const char* path) {
  StreamConfig config;
  config.files = {stat_input(path)};
  config.max_record_bytes = std::size_t{64} << 20U;
  StreamSource source(config);
  while (!source.wait_for_records(Seconds(1))) continue;
  source.go_on_behind({}, {});
  std::uint64_t bytes = 0;
  std::uint64_t id = 0;
  for (bool ended = false; !ended;) {
    const auto supply = source.supply();
    source.rethrow_if_broken(id);
    for (; id < supply.ready; ++id) bytes += source.grant(id).payload->size();
    ended = supply.chunks == id;
    if (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::printf("%llu bytes in %llu chunks\n", static_cast<unsigned long long>(bytes),
              static_cast<unsigned long long>(id));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: streams FILE");
    run(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "streams: %s\n", error.what());
    return 1;
  }
}
