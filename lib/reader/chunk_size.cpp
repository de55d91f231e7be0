#include "reader/chunk_size.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "reader/content_reader.hpp"
#include "reader/sample.hpp"
#include "reader/tables/table_rows.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kMinRows = 128;             // of short lines; where they are long,
constexpr std::uint64_t kMinRowsBytes = 32 * kKiB;  // so many as are in this,
constexpr std::uint64_t kMinLongRows = 16;          // but enough for a batch
constexpr std::uint64_t kChunksForSmallInputs = 64;
constexpr std::uint64_t kMinChunkBytes = 4 * kKiB;
constexpr std::uint64_t kMaxChunkBytes = 16 * kMiB;

std::uint64_t mean_line_bytes(std::string_view text) {
  const auto lines = std::max<std::ptrdiff_t>(1, std::count(text.begin(), text.end(), '\n'));
  return std::max<std::uint64_t>(1, text.size() / checked_cast<std::uint64_t>(lines));
}

/// The file's first MiB.
std::string head_of(const InputFile& file) {
  std::string head(std::min(file.content_bytes(), kSampleBytes), '\0');
  ContentReader content;
  if (!content.open(file)) throw UsageError(errno_message("cannot open the input " + file.path));
  head.resize(content.read(std::as_writable_bytes(std::span(head)), 0));
  return head;
}

/// On average, as far as the first MiB tells, or a table's rows in all.
std::uint64_t record_bytes(const InputFile& file) {
  if (!file.is_table()) return mean_line_bytes(head_of(file));
  return std::max<std::uint64_t>(1, file.content_bytes() / row_count(file));
}

}  // namespace

std::uint64_t chunk_bytes_for(std::string_view head, std::uint64_t total_bytes, std::uint64_t most_rows) {
  return chunk_bytes_for_rows(mean_line_bytes(head), total_bytes, most_rows);
}

std::uint64_t chunk_bytes_for_rows(std::uint64_t row_bytes, std::uint64_t total_bytes,
                                   std::uint64_t most_rows) {
  // Where a chunk may have but few, each is much work.
  const auto enough = std::min(most_rows, most_rows < kMinRows ? kMinLongRows : kMinRows);
  const auto least =
      std::clamp<std::uint64_t>(kMinRowsBytes / row_bytes, std::min(kMinLongRows, enough), enough);
  const auto rows = std::clamp(total_bytes / row_bytes / kChunksForSmallInputs, least, most_rows);
  const auto least_bytes = most_rows < kMinRows ? std::min(kMinChunkBytes, rows * row_bytes) : kMinChunkBytes;
  return std::clamp(rows * row_bytes, least_bytes, kMaxChunkBytes);
}

std::uint64_t choose_chunk_bytes(const std::vector<InputFile>& files, std::uint64_t most_rows) {
  const auto sample =
      std::ranges::find_if(files, [](const InputFile& file) { return file.content_bytes() > 0; });
  if (sample == files.end()) return kMaxChunkBytes;
  const auto total =
      std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const InputFile& file) { return sum + file.content_bytes(); });
  return chunk_bytes_for_rows(record_bytes(*sample), total, most_rows);
}

}  // namespace infer
