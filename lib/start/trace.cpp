#include "start/trace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "comm/agreement.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

constexpr std::size_t kMaxSpans = 1'000'000;  ///< of all ranks: 120 MB of text, which viewers still open
constexpr std::size_t kLeastSpans = 2000;     ///< of a rank
constexpr mode_t kFileMode = 0666;
constexpr std::string_view kBegin = "[\n{\"ph\":";  ///< of a trace

/// Clock's zero as time since 1970.
std::chrono::nanoseconds clock_origin() {
  return std::chrono::system_clock::now().time_since_epoch() - Clock::now().time_since_epoch();
}

/// Nanoseconds as microseconds with three decimals.
void append_microseconds(std::string& out, std::chrono::nanoseconds time) {
  constexpr int kNsPerUs = 1000;
  append_number(out, static_cast<std::uint64_t>(time.count() / kNsPerUs));
  const auto rest = std::to_string(kNsPerUs + time.count() % kNsPerUs);
  out += '.' + rest.substr(1);
}

void append_place(std::string& out, int rank, std::size_t lane) {
  out += R"("pid":)" + std::to_string(rank) + R"(,"tid":)" + std::to_string(lane);
}

/// `kind` is process_name or thread_name.
void append_name(std::string& out, std::string_view kind, int rank, std::size_t lane,
                 const std::string& name) {
  out += R"({"ph":"M",)";
  append_place(out, rank, lane);
  out += R"(,"name":")";
  out += kind;
  out += R"(","args":{"name":)";
  append_json_string(out, name);
  out += "}},\n";
}

void append_span(std::string& out, int rank, std::size_t lane, const Span& span,
                 std::chrono::nanoseconds origin) {
  out += R"({"ph":"X",)";
  append_place(out, rank, lane);
  out += R"(,"name":)";
  append_json_string(out, span.what);
  out += R"(,"ts":)";
  append_microseconds(out, span.begin.time_since_epoch() + origin);
  out += R"(,"dur":)";
  append_microseconds(out, span.end - span.begin);
  out += R"(,"args":{)";
  if (span.chunk) {
    out += R"("chunk":)" + std::to_string(*span.chunk);
    if (span.rows > 0) out += R"(,"rows":)" + std::to_string(span.rows);
  }
  out += "}},\n";
}

/// Of all ranks; an array may not end with a comma.
void write_file(const std::string& path, std::vector<std::string> events) {
  auto& last = events.back();
  last.resize(last.size() - std::string_view(",\n").size());
  std::ofstream file(path, std::ios::trunc);
  file << "[\n";
  for (const auto& each : events) file << each;
  file << "\n]\n";
  if (!file.flush()) throw RunError("cannot write " + path + " (--trace): look at its disk and folder");
}

void refuse_other_content(const std::string& path) {
  std::ifstream there(path, std::ios::binary);
  std::string begin(kBegin.size(), '\0');
  if (!std::filesystem::is_regular_file(path) || !there.read(begin.data(), 1)) return;
  there.read(begin.data() + 1, checked_cast<std::streamsize>(kBegin.size() - 1));
  if (begin == kBegin) return;
  throw UsageError(path +
                   " (--trace) exists and is no trace: name another file, or replace it with --overwrite");
}

[[noreturn]] void refuse_place(const std::string& path) {
  throw UsageError("cannot write " + path + " (--trace): name a file in a folder that can be written to");
}

[[noreturn]] void refuse_taken(const std::string& path) {
  throw UsageError(path + " (--trace) is of another run, which is still on: name another file");
}

struct flock whole_file() {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return whole;
}

}  // namespace

std::shared_ptr<Timeline> make_timeline(const RunConfig& config, int ranks) {
  if (!config.output.trace) return std::make_shared<Timeline>();
  return std::make_shared<Timeline>(std::max(kLeastSpans, kMaxSpans / static_cast<std::size_t>(ranks)));
}

UniqueFd claim_trace(const std::string& path, bool overwrite) {
  if (!overwrite) refuse_other_content(path);
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, kFileMode));
  if (!file) refuse_place(path);
  auto whole = whole_file();
  if (::fcntl(file.get(), F_OFD_SETLK, &whole) != 0 && (errno == EAGAIN || errno == EACCES))
    refuse_taken(path);
  return file;
}

void look_at_trace(const std::string& path, bool overwrite) {
  if (!overwrite) refuse_other_content(path);
  const auto folder = std::filesystem::path(path).parent_path();
  const bool is_there = std::filesystem::exists(path);
  if (::access(is_there ? path.c_str() : folder.empty() ? "." : folder.c_str(), W_OK) != 0)
    refuse_place(path);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  auto whole = whole_file();
  if (file && ::fcntl(file.get(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) refuse_taken(path);
}

void add_start(Timeline::Lane& lane, Clock::time_point process_start, const StartTimes& start) {
  const std::array parts{std::pair("load libraries", start.libraries), std::pair("start MPI", start.session),
                         std::pair("plan", start.plan), std::pair("load model", start.model),
                         std::pair("settle signature", start.signature)};
  auto begin = process_start;
  for (const auto& [what, seconds] : parts) {
    const auto end = process_start + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
    lane.add({what, begin, end});
    begin = end;
  }
}

std::string trace_events(const Timeline& timeline, int rank, const std::string& host) {
  const auto origin = clock_origin();
  std::string out;
  append_name(out, "process_name", rank, 0, "rank " + std::to_string(rank) + " on " + host);
  std::size_t number = 0;
  for (const auto* lane : timeline.lanes()) {
    append_name(out, "thread_name", rank, number, lane->name());
    for (const auto& span : lane->spans()) append_span(out, rank, number, span, origin);
    ++number;
  }
  return out;
}

std::string write_trace(Channel& channel, const RunConfig& config, const Timeline& timeline,
                        const std::function<void(const std::string&)>& warn) {
  if (!config.output.trace) return "";
  try {
    auto events = collect(channel, trace_events(timeline, channel.rank(), channel.host()),
                          Deadline(config.stops.comm_timeout));
    if (channel.rank() != 0) return "";
    write_file(*config.output.trace, std::move(events));
    return *config.output.trace + (timeline.is_full() ? " (the beginning of the run only)" : "");
  } catch (const Error& error) {
    warn(std::string("no trace was written: ") + error.what());
    return "";
  }
}

}  // namespace infer
