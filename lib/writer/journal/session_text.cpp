#include "writer/journal/session_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace infer {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

template <class Struct>
using NamedNumber = std::pair<std::string_view, std::uint64_t Struct::*>;

constexpr std::array kWork{NamedNumber<ChunkWork>("read_ns", &ChunkWork::read_ns),
                           NamedNumber<ChunkWork>("decode_ns", &ChunkWork::decode_ns),
                           NamedNumber<ChunkWork>("model_ns", &ChunkWork::model_ns),
                           NamedNumber<ChunkWork>("encode_ns", &ChunkWork::encode_ns),
                           NamedNumber<ChunkWork>("input_bytes", &ChunkWork::input_bytes),
                           NamedNumber<ChunkWork>("batches", &ChunkWork::batches),
                           NamedNumber<ChunkWork>("elements", &ChunkWork::elements),
                           NamedNumber<ChunkWork>("padded_elements", &ChunkWork::padded_elements),
                           NamedNumber<ChunkWork>("tokens", &ChunkWork::tokens),
                           NamedNumber<ChunkWork>("reused", &ChunkWork::reused),
                           NamedNumber<ChunkWork>("repeated", &ChunkWork::repeated),
                           NamedNumber<ChunkWork>("truncated", &ChunkWork::truncated),
                           NamedNumber<ChunkWork>("pictures_on_gpu", &ChunkWork::pictures_on_gpu),
                           NamedNumber<ChunkWork>("pictures_on_cpu", &ChunkWork::pictures_on_cpu),
                           NamedNumber<ChunkWork>("halved", &ChunkWork::halved),
                           NamedNumber<ChunkWork>("alone", &ChunkWork::alone),
                           NamedNumber<ChunkWork>("shapes", &ChunkWork::shapes),
                           NamedNumber<ChunkWork>("device_ns", &ChunkWork::device_ns),
                           NamedNumber<ChunkWork>("device_waits", &ChunkWork::device_waits),
                           NamedNumber<ChunkWork>("fitting_rows", &ChunkWork::fitting_rows),
                           NamedNumber<ChunkWork>("fitting_elements", &ChunkWork::fitting_elements)};

constexpr std::array kMemory{
    NamedNumber<ChunkAccount>("host_peak_bytes", &ChunkAccount::host_peak_bytes),
    NamedNumber<ChunkAccount>("device_peak_bytes", &ChunkAccount::device_peak_bytes)};

constexpr std::array kSizes{std::pair("lengths", &ChunkAccount::lengths),
                            std::pair("batch_rows", &ChunkAccount::batch_rows),
                            std::pair("batch_lengths", &ChunkAccount::batch_lengths)};

/// Up to the last bin that is not empty.
void append_counts(std::string& out, const SizeCounts& sizes) {
  const auto is_empty = [](std::uint64_t count) { return count == 0; };
  const auto last = std::find_if_not(sizes.counts.rbegin(), sizes.counts.rend(), is_empty).base();
  append_list(out, std::vector(sizes.counts.begin(), last),
              [](std::string& text, std::uint64_t count) { append_number(text, count); });
}

void append_session(std::string& out, const Session& session) {
  JsonMembers members(out);
  members.number("began_ns", static_cast<std::uint64_t>(session.began_ns));
  members.real("seconds", session.seconds);
  members.number("ranks", session.ranks);
  members.number("rows", session.rows);
  members.number("failed", session.failed);
  for (const auto& [name, member] : kWork) members.number(name, session.work.*member);
  for (const auto& [name, member] : kMemory) members.number(name, session.account.*member);
  for (const auto& [name, member] : kSizes) append_counts(members.begin(name), session.account.*member);
  members.end();
}

void append_failure(std::string& out, const CodeFailures& failures) {
  JsonMembers members(out);
  members.text("code", failures.code);
  members.number("rows", failures.rows);
  append_list(members.begin("first"), failures.first,
              [](std::string& text, const std::string& first) { append_json_string(text, first); });
  members.end();
}

std::uint64_t number(const element& object, std::string_view key) { return object[key].get_uint64(); }

/// 0 where the version that wrote it did not count that.
std::uint64_t number_if_there(const element& object, std::string_view key) {
  element value;
  return object[key].get(value) == simdjson::SUCCESS ? std::uint64_t(value.get_uint64()) : 0;
}

std::string text_of(const element& text) { return std::string(std::string_view(text.get_string())); }

SizeCounts read_counts(const element& object, std::string_view key) {
  SizeCounts sizes;
  std::size_t bin = 0;
  for (const element count : array(object[key].get_array())) {
    if (bin == SizeCounts::kBins) throw simdjson::simdjson_error(simdjson::INDEX_OUT_OF_BOUNDS);
    sizes.counts[bin++] = count.get_uint64();
  }
  return sizes;
}

Session read_session(const element& object) {
  Session session;
  session.began_ns = static_cast<std::int64_t>(number(object, "began_ns"));
  session.seconds = object["seconds"].get_double();
  session.ranks = number(object, "ranks");
  session.rows = number(object, "rows");
  session.failed = number(object, "failed");
  for (const auto& [name, member] : kWork) session.work.*member = number_if_there(object, name);
  for (const auto& [name, member] : kMemory) session.account.*member = number(object, name);
  for (const auto& [name, member] : kSizes) session.account.*member = read_counts(object, name);
  return session;
}

CodeFailures read_failure(const element& object) {
  CodeFailures failures{text_of(object["code"]), number(object, "rows"), {}};
  for (const element first : array(object["first"].get_array())) failures.first.push_back(text_of(first));
  return failures;
}

template <class Item>
std::vector<Item> read_if_there(const element& object, std::string_view key, Item (*read)(const element&)) {
  std::vector<Item> items;
  array list;
  if (object[key].get(list) != simdjson::SUCCESS) return items;
  for (const element item : list) items.push_back(read(item));
  return items;
}

}  // namespace

void append_failures(JsonMembers& checkpoint, const std::vector<CodeFailures>& failures) {
  if (!failures.empty()) append_list(checkpoint.begin("failures"), failures, append_failure);
}

void append_sessions(JsonMembers& checkpoint, const std::vector<Session>& sessions) {
  if (!sessions.empty()) append_list(checkpoint.begin("sessions"), sessions, append_session);
}

std::vector<CodeFailures> read_failures(const element& checkpoint) {
  return read_if_there(checkpoint, "failures", read_failure);
}

std::vector<Session> read_sessions(const element& checkpoint) {
  return read_if_there(checkpoint, "sessions", read_session);
}

}  // namespace infer
