#include "reader/tar/tar_lines.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer {
namespace {

constexpr std::size_t kLinesBytes = std::size_t{64} << 10U;  ///< made at a time

}  // namespace

TarLeftOut& TarLeftOut::operator+=(const TarLeftOut& more) {
  members += more.members;
  links += more.links;
  ambiguous += more.ambiguous;
  broken_json += more.broken_json;
  if (first.empty()) first = more.first;
  return *this;
}

std::string left_out_text(const TarLeftOut& left_out) {
  std::vector<std::string> texts;
  const auto add = [&](std::uint64_t count, const std::string& what) {
    if (count > 0) texts.push_back(std::to_string(count) + ' ' + what);
  };
  add(left_out.members, "that are no picture, .cls, .json or .txt");
  add(left_out.links, "that are links or devices");
  add(left_out.ambiguous, "that are the second of their kind in a sample, whose row is an error");
  add(left_out.broken_json, ".json that are no JSON");
  if (texts.empty()) return "";
  return "members of tars that are left out: " + joined(texts, ", ") + "; the first is " +
         printable(left_out.first);
}

TarLines::TarLines(ByteStream& bytes, const std::string& name, bool in_place, std::size_t max_record_bytes)
    : walk_(bytes, name), sample_(in_place ? name : std::string(), max_record_bytes) {}

void TarLines::leave_out(std::uint64_t& count) {
  ++count;
  if (left_out_.first.empty()) left_out_.first = walk_.member().header.name;
}

/// Of a folder there is nothing to say, of a link that its sample lacks it.
void TarLines::begin_member() {
  const auto& member = walk_.member();
  if (member.header.type == '5') return;
  const auto name = sample_name(member.header.name);
  if (!name) return leave_out(member.header.is_file() ? left_out_.members : left_out_.links);
  if (!sample_.is_of(name->key)) {
    sample_.take(lines_);
    sample_.begin(name->key);
  }
  const auto field = sample_field(name->ending);
  if (!member.header.is_file()) return leave_out(left_out_.links);
  if (field == SampleField::none) return leave_out(left_out_.members);
  wanted_ = sample_.wanted_bytes(field, member);
  field_ = field;
}

/// False while the tar has nothing more right now.
bool TarLines::step() {
  if (field_) {
    if (!walk_.take(content_, wanted_)) return false;
    const auto outcome = sample_.put(*field_, walk_.member(), content_);
    has_content_ |= outcome == SampleLine::Outcome::taken;
    if (outcome == SampleLine::Outcome::ambiguous) leave_out(left_out_.ambiguous);
    if (outcome == SampleLine::Outcome::no_json) leave_out(left_out_.broken_json);
    field_.reset();
    content_.clear();
    return true;
  }
  const auto walked = walk_.next();
  if (walked == TarWalk::Step::member) begin_member();
  if (walked == TarWalk::Step::end) {
    sample_.take(lines_);
    ended_ = true;
  }
  return walked != TarWalk::Step::waits;
}

void TarLines::advance() {
  lines_.clear();
  given_ = 0;
  try {
    while (lines_.size() < kLinesBytes && !ended_ && step()) continue;
  } catch (const RunError&) {
    broken_ = std::current_exception();
  }
}

StreamRead TarLines::read(std::span<std::byte> target) {
  if (given_ == lines_.size() && !ended_ && !broken_) advance();
  if (given_ == lines_.size() && broken_) std::rethrow_exception(broken_);
  const auto size = std::min(target.size(), lines_.size() - given_);
  std::memcpy(target.data(), lines_.data() + given_, size);
  given_ += size;
  return {size, ended_ && given_ == lines_.size()};
}

}  // namespace infer
