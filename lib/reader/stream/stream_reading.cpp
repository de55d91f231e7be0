#include "reader/stream/stream_reading.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "reader/chunk_reader.hpp"
#include "reader/chunk_size.hpp"
#include "reader/sample.hpp"
#include "reader/selected_chunks.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostBlankBytes = std::size_t{64} << 20U;  ///< before the first record
constexpr Seconds kSamplePatience{0.25};
constexpr Seconds kChunkPatience{1};  ///< a pipe that fills a chunk in less is cut where a file is

/// A file on disk gives all it has, however slowly.
Seconds patience_with(const InputFile& file, Seconds with_pipes) {
  return file.stays() ? Seconds::max() : with_pipes;
}

/// Short lines name much work.
std::uint64_t sample_bytes(const InputFile& file) {
  constexpr std::uint64_t kOfNames = std::uint64_t{16} << 10U;
  return file.kind == InputKind::images || file.kind == InputKind::tar ? kOfNames : kSampleBytes;
}

/// Files of records that somebody packed are no samples.
void require_samples(const StreamedFile& file) {
  if (!file.samples || file.samples->has_content() || file.samples->left_out().members == 0) return;
  throw UsageError(
      "the input " + file.file.path +
      " is a tar file without samples: of its first members none is a picture, .cls, .json or .txt; "
      "if they are files of records, unpack it and give these: tar -xf " +
      shell_word(file.file.path));
}

std::uint64_t next_multiple(std::uint64_t offset, std::uint64_t chunk_bytes) {
  const auto rest = chunk_bytes - offset % chunk_bytes;
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  return offset > kMost - rest ? kMost : offset + rest;
}

[[noreturn]] void refuse_input(const std::string& what) {
  throw UsageError("--resume: the input is not that of the run that is to be gone on with: " + what +
                   ": give the same input again, or score it anew with --overwrite");
}

}  // namespace

void StreamReading::run() {
  try {
    take_sample();
    const auto [scored, scored_ahead] = shelf_.wait_for_begin();
    ScoredAhead ahead(scored_ahead);
    if (!config_.selection) {
      leave_out(scored);
      ahead.pass(scored.chunks, scored.bytes, digest_.value());
    }
    shelf_.tell_behind(open_.empty() ? closed_bytes_ : closed_bytes_ + open_.front()->taken_bytes());
    config_.selection ? read_selected(scored.chunks) : read_rest(scored, ahead);
  } catch (const StreamStopped&) {
  } catch (const std::bad_alloc&) {
    shelf_.fail(std::make_exception_ptr(RunError(out_of_memory_message("reading the input"))));
  } catch (...) {
    shelf_.fail(std::current_exception());
  }
}

StreamedFile& StreamReading::open_next() {
  open_.push_back(std::make_unique<StreamedFile>(next_file_, config_.files[next_file_],
                                                 config_.max_record_bytes, watch_, digest_));
  ++next_file_;
  return *open_.back();
}

/// The file from which lines leave next; null behind the last one.
StreamedFile* StreamReading::current() {
  if (open_.empty() && next_file_ == config_.files.size()) return nullptr;
  auto& file = open_.empty() ? open_next() : *open_.front();
  try {
    file.learn_columns();
  } catch (const UsageError& error) {  // of a pipe: all else was looked at before the run
    throw RunError(error.what());
  }
  for (; marked_files_ <= file.number; ++marked_files_) digest_.add(std::string_view("\0", 1));
  return &file;
}

void StreamReading::close_current() {
  const auto& file = *open_.front();
  closed_bytes_ += file.file.stays() ? file.file.bytes : file.bytes.packed_bytes();
  if (file.bytes.has_ignored())
    shelf_.warn("the input " + file.file.path +
                " has bytes behind its end that are no gzip data: they are ignored");
  if (file.samples) left_out_ += file.samples->left_out();
  open_.pop_front();
}

/// In one word on all of them.
void StreamReading::warn_of_left_out() {
  if (const auto text = left_out_text(left_out_); !text.empty()) shelf_.warn(text);
  for (const auto& file : config_.files) {
    if (file.pictures && file.pictures->left_out > 0)
      shelf_.warn("files of the input " + file.path +
                  " that are left out, for their names do not end in .jpg, .jpeg, .png or .webp: " +
                  std::to_string(file.pictures->left_out));
  }
}

/// What it fails of is met again, once its rows are there.
void StreamReading::take_sample() {
  StreamSample sample{{}, config_.chunk_bytes.value_or(0)};
  std::string_view text;
  while (sample.records.records.empty() && next_file_ < config_.files.size()) {
    auto& file = open_next();
    bool is_broken = false;
    try {
      file.learn_columns();
      text = file.lines.peek(sample_bytes(file.file), kMostBlankBytes,
                             patience_with(file.file, kSamplePatience));
    } catch (const RunError&) {
      is_broken = true;
      text = file.lines.whole_lines();
    }
    require_samples(file);
    sample.records = sample_of(file, text);
    if (!config_.chunk_bytes && !text.empty())
      sample.chunk_bytes = chunk_bytes_for_sample(file, text, sample.records.records.size());
    if (is_broken) break;
    if (sample.records.records.empty() && !file.lines.has_end())
      throw UsageError("the input " + file.file.path + " has no record in its first " +
                       std::to_string(kMostBlankBytes >> 20U) +
                       " MiB, only blank lines; is it the right one?");
  }
  if (sample.chunk_bytes == 0) sample.chunk_bytes = chunk_bytes_for("", 0, 1);
  chunk_bytes_ = sample.chunk_bytes;
  shelf_.put_sample(std::move(sample));
}

/// A sample ends before its piece is full only where the file ends.
RawChunk StreamReading::sample_of(const StreamedFile& file, std::string_view text) const {
  const auto bytes = as_byte_view(text);
  const auto end = file.lines.has_end() ? text.size() : std::max<std::uint64_t>(text.size(), kSampleBytes);
  ChunkReader reader({}, config_.max_record_bytes);
  GrantedChunk chunk;
  chunk.range = {0, file.number, 0, end};
  chunk.payload.emplace(bytes.begin(), bytes.end());
  chunk.csv = file.columns;
  return reader.read(std::move(chunk));
}

/// The whole input is taken to be as well packed as the sample.
std::uint64_t StreamReading::chunk_bytes_for_sample(const StreamedFile& file, std::string_view text,
                                                    std::size_t records) const {
  auto total = std::numeric_limits<std::uint64_t>::max();
  if (std::ranges::all_of(config_.files, &InputFile::stays)) {
    const auto packed = std::accumulate(
        config_.files.begin(), config_.files.end(), 0.0,
        [](double sum, const InputFile& each) { return sum + static_cast<double>(each.bytes); });
    const auto ratio = static_cast<double>(text.size()) /
                       static_cast<double>(std::max<std::uint64_t>(1, file.bytes.packed_bytes()));
    total = static_cast<std::uint64_t>(std::min(packed * ratio, 1e18));
  }
  if (config_.files.size() == 1 && file.lines.has_end()) total = text.size();
  if (file.columns && records > 0)  // which may have several lines
    return chunk_bytes_for_rows(text.size() / records, total, config_.chunk_rows);
  return chunk_bytes_for(text.substr(0, kSampleBytes), total, config_.chunk_rows);
}

void StreamReading::leave_out(const Scored& scored) {
  auto left = scored.bytes;
  while (left > 0) {
    auto* file = current();
    if (file == nullptr)
      refuse_input("it ends after " + std::to_string(scored.bytes - left) + " bytes (unpacked), of which " +
                   std::to_string(scored.bytes) + " were scored");
    left -= file->lines.skip(left);
    if (left > 0) close_current();
  }
  if (scored.bytes > 0 && digest_.value() != scored.digest)
    refuse_input("the first " + std::to_string(scored.bytes) + " bytes of it (unpacked) differ");
  if (scored.is_all) require_end();
}

void StreamReading::require_end() {
  for (; auto* file = current(); close_current()) {
    if (file->lines.skip(1) > 0) refuse_input("more follows what was scored");
  }
}

void StreamReading::read_rest(const Scored& scored, ScoredAhead& ahead) {
  auto id = scored.chunks;
  auto bytes = scored.bytes;
  for (; auto* file = current(); close_current()) {
    while (auto cut = cut_next(*file, id, bytes, ahead.next())) {
      const auto begin = cut->begin;
      const auto end = cut->end;
      bytes += end - begin;
      put(*file, {id++, file->number, begin, end}, {}, *std::move(cut));
      // A slow pipe was cut more often then: what comes next is to have the number that it had.
      while (ahead.lacks_chunks(id, bytes)) put(*file, {id++, file->number, end, end}, {}, {});
      ahead.pass(id, bytes, digest_.value());
    }
  }
  ahead.end(bytes);
  warn_of_left_out();
  shelf_.put_end(id);
}

/// Where the file turns out to be damaged, what stands before is a chunk of its own. Behind the first `bytes`
/// of the stream, a chunk ends where what was scored `ahead` does.
std::optional<CutLines> StreamReading::cut_next(StreamedFile& file, std::uint64_t id, std::uint64_t bytes,
                                                const Scored* ahead) {
  auto limit = next_multiple(file.lines.offset(), chunk_bytes_);
  if (ahead != nullptr) limit = std::min(limit, file.lines.offset() + (ahead->bytes - bytes));
  try {
    const bool is_numbered = ahead != nullptr && !ahead->is_all;
    return file.lines.cut(limit, patience_with(file.file, is_numbered ? Seconds::max() : kChunkPatience));
  } catch (const RunError&) {
    auto whole = file.lines.take_whole_lines();
    if (!whole.lines.empty()) put(file, {id, file.number, whole.begin, whole.end}, {}, std::move(whole));
    throw;
  }
}

/// From the first to the last record of each chunk, as SelectedChunks has it.
void StreamReading::read_selected(std::uint64_t first_chunk) {
  const auto& chunks = config_.selection->chunks();
  for (auto id = first_chunk; id < chunks.size(); ++id) {
    const auto& chunk = chunks[id];
    auto* file = current();
    for (; file != nullptr && file->number < chunk.file; file = current()) close_current();
    INFER_ASSERT(file != nullptr);
    const auto range = selected_range(id, chunk);
    file->lines.skip(range.begin - file->lines.offset());
    auto cut = file->lines.cut(range.end, Seconds::max());
    put(*file, range, chunk.selected, cut ? *std::move(cut) : CutLines{});
  }
  shelf_.put_end(chunks.size());
}

void StreamReading::put(const StreamedFile& file, ChunkRange range, ChunkSelection selection, CutLines cut) {
  GrantedChunk chunk{range, std::move(selection), std::move(cut.lines), ChunkDigest{digest_.value(), 0, true},
                     file.columns};
  shelf_.put(std::move(chunk), closed_bytes_ + file.taken_bytes());
}

}  // namespace infer
