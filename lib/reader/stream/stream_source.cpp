#include "reader/stream/stream_source.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "reader/stream/stream_reading.hpp"
#include "reader/stream/stream_shelf.hpp"
#include "reader/stream/stream_watch.hpp"

namespace infer {
namespace {

constexpr Seconds kFarewell{2};
constexpr Seconds kLongestTurn{1};  ///< of the main thread; a longer one was a pause of the process

}  // namespace

/// What the thread needs. Outlives the source when it hangs.
struct StreamSource::Work {
  explicit Work(StreamConfig its_config) : config(std::move(its_config)), shelf(config.bytes_ahead) {}

  void run() {
    StreamReading(config, shelf, watch).run();
    ended = true;
    has_ended.ring();
  }

  bool wait_for_end() {
    for (const Deadline farewell(kFarewell); !ended && !farewell.passed();)
      has_ended.wait(std::chrono::milliseconds(10));
    return ended;
  }

  const StreamConfig config;
  StreamShelf shelf;
  StreamWatch watch;
  std::atomic<bool> ended{false};
  Doorbell has_ended;
};

StreamSource::StreamSource(StreamConfig config)
    : work_(std::make_shared<Work>(std::move(config))),
      pause_(kLongestTurn),
      thread_([work = work_] { work->run(); }) {}

StreamSource::~StreamSource() {
  work_->watch.stop();
  work_->shelf.stop();
  work_->wait_for_end() ? thread_.join() : thread_.detach();
}

const std::vector<InputFile>& StreamSource::files() const { return work_->config.files; }

std::uint64_t StreamSource::chunk_bytes() const { return work_->shelf.sample().chunk_bytes; }

bool StreamSource::wait_for_records(Seconds limit) { return work_->shelf.wait_for_sample(limit); }

RawChunk StreamSource::first_records(std::size_t /*max_record_bytes*/) {
  return work_->shelf.sample().records;
}

void StreamSource::go_on_behind(const Scored& scored, std::vector<Scored> ahead) {
  work_->shelf.begin(scored, std::move(ahead));
}

bool StreamSource::wait_until_behind(Seconds limit) { return work_->shelf.wait_until_behind(limit); }

Supply StreamSource::supply() {
  pause_.turn();
  const auto read = work_->watch.read();
  const auto limit = work_->config.stall;
  if (read && std::min(Seconds(Clock::now() - read->since), pause_.awake()) > limit)
    throw RunError("rank 0 has been reading " + read->path + " for " + seconds_text(limit) +
                   " s (--stall-timeout) without an end; look at the file system it is on");
  return work_->shelf.supply();
}

GrantedChunk StreamSource::grant(std::uint64_t id) { return work_->shelf.take(id); }

std::optional<std::uint64_t> StreamSource::input_bytes() const {
  if (!std::ranges::all_of(files(), &InputFile::stays)) return std::nullopt;
  return std::accumulate(files().begin(), files().end(), std::uint64_t{0},
                         [](std::uint64_t sum, const InputFile& file) { return sum + file.bytes; });
}

std::uint64_t StreamSource::input_bytes_before(std::uint64_t id, std::uint64_t /*range_bytes*/) {
  return work_->shelf.input_bytes_before(id);
}

std::string StreamSource::place(std::uint64_t id) const {
  const auto place = work_->shelf.place(id);
  if (!place) return "the input";
  const auto& file = files()[place->range.file];
  return file.path + " from byte " + std::to_string(place->range.begin) +
         (file.kind == InputKind::packed ? ", unpacked" : "");
}

void StreamSource::rethrow_if_broken(std::uint64_t written) { work_->shelf.rethrow_if_broken(written); }

std::string StreamSource::take_warning() { return work_->shelf.take_warning(); }

}  // namespace infer
