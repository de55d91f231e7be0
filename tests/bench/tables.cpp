// Reads and decodes a Parquet or Arrow file as a rank does, on one thread: for scripts/bench/tables.py.
//
//   tables FILE [--carried a,b] [--numbers x:64]     prints rows and processor seconds of reading and
//   decoding
#include <malloc.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>

#include "decoder/decoder.hpp"
#include "reader/chunk_plan.hpp"
#include "reader/chunk_reader.hpp"
#include "reader/chunk_size.hpp"
#include "reader/tables/table_rows.hpp"

namespace {

using namespace infer;

constexpr std::size_t kMostRecordBytes = std::size_t{64} << 20U;
constexpr std::uint64_t kRows = 1024;

struct Wanted {
  DecoderConfig decoder;
  ChosenColumns columns;
};

Wanted parse(int argc, char** argv) {
  Wanted wanted;
  for (int i = 2; i + 1 < argc; i += 2) {
    std::string value = argv[i + 1];
    if (std::string(argv[i]) == "--numbers") {
      const auto colon = value.find(':');
      const auto name = value.substr(0, colon);
      TensorSpec spec;
      spec.name = name;
      spec.shape = {std::stoll(value.substr(colon + 1))};
      wanted.decoder.signature.inputs.push_back(std::move(spec));
      wanted.decoder.signature.sources.push_back({{name}, {}});
      wanted.columns.names.push_back(name);
      wanted.columns.numbers.push_back(name);
      continue;
    }
    for (std::size_t end = 0; !value.empty(); value.erase(0, end + 1)) {
      end = std::min(value.find(','), value.size() - 1);
      const auto name = value.substr(0, value[end] == ',' ? end : end + 1);
      wanted.decoder.carried.push_back(name);
      wanted.columns.names.push_back(name);
    }
  }
  wanted.columns.carried = wanted.decoder.carried;
  return wanted;
}

double processor_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Prints what the second time takes: in the first one memory comes from the system, as it does in a run but
/// once.
void run(const char* path, Wanted wanted) {
  auto file = stat_input(path);
  find_rows(file);
  ChunkPlan plan({file}, choose_chunk_bytes({file}, kRows));
  ChunkReader reader(plan.files(), kMostRecordBytes, wanted.columns);
  Decoder decoder(std::move(wanted.decoder));
  std::uint64_t rows = 0;
  double read_s = 0;
  double decode_s = 0;
  for (const bool counts : {false, true}) {
    for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
      const auto begun = processor_s();
      auto chunk = reader.read(plan.grant(id));
      const auto was_read = processor_s();
      const auto examples = decoder.decode(std::move(chunk)).examples;
      if (!counts) continue;
      rows += examples;
      read_s += was_read - begun;
      decode_s += processor_s() - was_read;
    }
  }
  std::printf("{\"rows\": %llu, \"read_s\": %.6f, \"decode_s\": %.6f}\n",
              static_cast<unsigned long long>(rows), read_s, decode_s);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // As the program has it, or each chunk's memory would come anew from the system.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 25);
    ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
    if (argc < 2) throw std::runtime_error("usage: tables FILE [--carried a,b] [--numbers x:64]");
    run(argv[1], parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tables: %s\n", error.what());
    return 1;
  }
}
