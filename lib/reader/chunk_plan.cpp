#include "reader/chunk_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <numeric>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kSampleBytes = kMiB;
constexpr std::uint64_t kMaxRows = 1024;
constexpr std::uint64_t kMinRows = 64;
constexpr std::uint64_t kChunksForSmallInputs = 64;
constexpr std::uint64_t kMinChunkBytes = 4 * kKiB;
constexpr std::uint64_t kMaxChunkBytes = 16 * kMiB;

/// Mean bytes per line of the file's first MiB.
std::uint64_t mean_line_bytes(const InputFile& file) {
  std::vector<char> sample(std::min(file.bytes, kSampleBytes));
  const auto fd = open_input(file.path);
  if (!fd) throw UsageError(errno_message("cannot open the input " + file.path));
  const auto got = read_fully(fd.get(), std::as_writable_bytes(std::span(sample)), 0, file.path);
  const auto lines = std::count(sample.begin(), sample.begin() + checked_cast<std::ptrdiff_t>(got), '\n');
  return std::max<std::uint64_t>(1, got / checked_cast<std::uint64_t>(std::max<std::ptrdiff_t>(1, lines)));
}

}  // namespace

InputFile stat_input(const std::string& path) {
  const auto fd = open_input(path);
  struct stat status {};
  if (!fd) throw UsageError(errno_message("cannot open the input " + path));
  if (::fstat(fd.get(), &status) != 0) throw UsageError(errno_message("cannot read the input " + path));
  if (!S_ISREG(status.st_mode)) {
    throw UsageError(
        "the input " + path +
        " is no regular file; chunks are read by position from several ranks, so write it to a file first");
  }
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {path, checked_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

ChunkPlan::ChunkPlan(std::vector<InputFile> files, std::uint64_t chunk_bytes)
    : files_(std::move(files)), chunk_bytes_(chunk_bytes), first_chunk_{0} {
  INFER_ASSERT(chunk_bytes_ > 0);
  for (const auto& file : files_) {
    const auto chunks = file.bytes / chunk_bytes_ + (file.bytes % chunk_bytes_ != 0 ? 1 : 0);
    first_chunk_.push_back(first_chunk_.back() + chunks);
  }
}

std::uint64_t ChunkPlan::input_bytes() const {
  return std::accumulate(files_.begin(), files_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const InputFile& file) { return sum + file.bytes; });
}

ChunkRange ChunkPlan::range(std::uint64_t id) const {
  INFER_ASSERT(id < chunks());
  const auto after = std::upper_bound(first_chunk_.begin(), first_chunk_.end(), id);
  const auto file = static_cast<std::size_t>(after - first_chunk_.begin()) - 1;
  const auto begin = (id - first_chunk_[file]) * chunk_bytes_;
  return {id, checked_cast<std::uint32_t>(file), begin, std::min(begin + chunk_bytes_, files_[file].bytes)};
}

std::uint64_t choose_chunk_bytes(const std::vector<InputFile>& files) {
  const auto sample = std::ranges::find_if(files, [](const InputFile& file) { return file.bytes > 0; });
  if (sample == files.end()) return kMaxChunkBytes;
  const auto row_bytes = mean_line_bytes(*sample);
  const auto total = ChunkPlan(files, kMaxChunkBytes).input_bytes();
  const auto rows = std::clamp(total / row_bytes / kChunksForSmallInputs, kMinRows, kMaxRows);
  return std::clamp(rows * row_bytes, kMinChunkBytes, kMaxChunkBytes);
}

}  // namespace infer
