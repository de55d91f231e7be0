// The index of --reuse over made-up outputs: its size, how long it takes to make, look-ups, memory.
//
//   reuse_index FOLDER ROWS ROW_BYTES lines|fixed [LOOKUPS]
//
// Writes FOLDER/rows and FOLDER/rows.keys, unless a call before has written the same; prints a line per
// figure.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/unique_fd.hpp"
#include "keys/keys_file.hpp"
#include "keys/keys_text.hpp"
#include "reuse/build_reuse_index.hpp"
#include "reuse/checked_output.hpp"
#include "reuse/fill_region.hpp"
#include "reuse/key_spill.hpp"
#include "reuse/reuse_index.hpp"

namespace {

using namespace infer;

constexpr std::uint64_t kBlockRows = 8192;

std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

/// Of the row of that number; of a number behind the last row none has it.
RowKey key_of(std::uint64_t row) {
  const auto at = (row + 1) * 0x9e3779b97f4a7c15U;
  return {mixed(at), mixed(at ^ 0x5851f42d4c957f2dU)};
}

struct Job {
  std::string folder;
  std::uint64_t rows = 0;
  std::size_t row_bytes = 0;
  bool is_fixed = false;
  std::uint64_t lookups = 0;

  std::string output() const { return folder + "/rows"; }
  std::string keys() const { return folder + "/rows.keys"; }
  ReuseSource source() const { return {output(), keys(), is_fixed ? row_bytes : 0}; }
};

/// Begins with its number.
void add_row(std::string& text, std::uint64_t row, std::size_t bytes) {
  const auto begin = text.size();
  text += std::to_string(row);
  text += ' ';
  text.resize(begin + bytes - 1, '.');
  text += '\n';
}

void write_outputs(const Job& job) {
  std::ofstream output(job.output(), std::ios::binary);
  std::ofstream keys(job.keys(), std::ios::binary);
  keys << keys_head({{}, job.rows, job.rows * job.row_bytes});
  for (std::uint64_t row = 0; row < job.rows;) {
    std::string text;
    std::string some;
    const auto begin = row;
    for (; row < std::min(begin + kBlockRows, job.rows); ++row) {
      add_row(text, row, job.row_bytes);
      const auto key = key_of(row);
      some.append(reinterpret_cast<const char*>(&key), sizeof key);
    }
    keys << keys_block({row - begin, begin * job.row_bytes, row * job.row_bytes, digest_of(text)}, some);
    output << text;
  }
  if (!output.flush() || !keys.flush()) throw std::runtime_error("cannot write " + job.output());
}

void make_outputs(const Job& job) {
  std::error_code none;
  if (std::filesystem::file_size(job.output(), none) == job.rows * job.row_bytes && !none) return;
  write_outputs(job);
}

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void say(const char* what, double number, const char* unit) {
  std::printf("%-44s %10.3f %s\n", what, number, unit);
}

void say_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Rss") || line.starts_with("VmHWM")) std::printf("  %s\n", line.c_str());
}

/// Each step of the build alone.
void time_steps(const Job& job) {
  const KeysFile keys(job.keys(), KeysFile::Check::heads);
  say("step: digests and rows of the output", seconds([&] {
        detail::check_output(job.source(), keys, job.folder, [](std::span<const std::uint64_t>) {});
      }),
      "s");
  unsigned bits = 0;
  while ((job.rows >> bits) >= std::uint64_t{1} << 18U) ++bits;
  detail::KeySpill spill(job.folder, bits);
  say("step: keys, their digests, into regions", seconds([&] {
        std::uint64_t row = 0;
        for (std::size_t block = 0; block < keys.blocks().size(); ++block) {
          keys.check_keys(block);
          for (const auto& key : keys.blocks()[block].keys) spill.add(key, row++);
        }
      }),
      "s");
  std::uint64_t slots = 0;
  say("step: regions read back and filled", seconds([&] {
        for (std::size_t region = 0; region < spill.regions(); ++region)
          slots += detail::fill_region(spill.region(region)).slots.size();
      }),
      "s");
}

/// By this process, so far.
std::uint64_t bytes_from_disk() {
  std::ifstream io("/proc/self/io");
  for (std::string line; std::getline(io, line);)
    if (line.starts_with("read_bytes: ")) return std::stoull(line.substr(12));
  return 0;
}

using RowOf = std::function<std::uint64_t(std::uint64_t lookup)>;

void look_up(const Job& job, const ReuseIndex& index, const char* what, std::uint64_t lookups,
             const RowOf& row_of) {
  std::vector<std::uint64_t> rows;
  for (std::uint64_t i = 0; i < lookups; ++i) rows.push_back(row_of(i));
  std::uint64_t wrong = 0;
  const auto read = bytes_from_disk();
  const auto took = seconds([&] {
    for (const auto row : rows) {
      const auto found = index.find(key_of(row));
      const bool is_right =
          row < job.rows ? found && std::stoull(std::string(found->substr(0, 12))) == row : !found;
      wrong += is_right ? 0 : 1;
    }
  });
  say(what, static_cast<double>(lookups) / took / 1e6, "million/s");
  const auto bytes = static_cast<double>(bytes_from_disk() - read);
  if (bytes > 0) say("  read from the disk", bytes / static_cast<double>(lookups) / 1024, "KiB a look-up");
  if (wrong > 0) throw std::runtime_error("wrong rows: " + std::to_string(wrong));
}

/// What was written is in no memory.
void drop(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ::fsync(fd.get());
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
}

void look_up_cold(const Job& job, BuiltReuseIndex& built) {
  const auto shuffled = [&](std::uint64_t i) { return mixed(i) % job.rows; };
  for (const bool in_order : {false, true}) {
    for (const auto& path : {job.output(), job.keys(), built.path()}) drop(path);
    const ReuseIndex index(built.path());
    const auto lookups = std::min<std::uint64_t>(job.lookups / 100, job.rows / 2);
    if (in_order)
      look_up(job, index, "cold: found, in order", lookups, [](std::uint64_t i) { return i; });
    else
      look_up(job, index, "cold: found, shuffled", lookups, shuffled);
  }
}

void look_up_warm(const Job& job, const ReuseIndex& index) {
  if (index.rows() != job.rows) throw std::runtime_error("rows are missing");
  say("bytes a row", static_cast<double>(index.bytes()) / static_cast<double>(index.rows()), "");
  look_up(job, index, "found, in order", std::min(job.lookups, job.rows), [](std::uint64_t i) { return i; });
  look_up(job, index, "found, shuffled", job.lookups, [&](std::uint64_t i) { return mixed(i) % job.rows; });
  look_up(job, index, "not found", job.lookups, [&](std::uint64_t i) { return job.rows + i; });
  say_memory();
}

void run(const Job& job) {
  make_outputs(job);
  std::vector<BuiltReuseIndex> built;
  const auto source = job.source();
  say("made in", seconds([&] { built.push_back(build_reuse_index(std::span(&source, 1), job.folder)); }),
      "s");
  say_memory();
  time_steps(job);
  look_up_warm(job, ReuseIndex(built[0].path()));
  look_up_cold(job, built[0]);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 5) throw std::runtime_error("usage: reuse_index FOLDER ROWS ROW_BYTES lines|fixed [LOOKUPS]");
    run({argv[1], std::stoull(argv[2]), std::stoull(argv[3]), std::string(argv[4]) == "fixed",
         argc > 5 ? std::stoull(argv[5]) : 2'000'000});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reuse_index: %s\n", error.what());
    return 1;
  }
}
