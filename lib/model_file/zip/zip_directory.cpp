#include "model_file/zip/zip_directory.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "model_file/zip/inflate.hpp"
#include "model_file/zip/zip_names.hpp"

// APPNOTE.TXT 6.3.10 of PKWARE has the layouts and the names of the fields.
namespace infer::detail {
namespace {

constexpr std::string_view kLocalHeader = "PK\x03\x04";
constexpr std::string_view kCentralHeader = "PK\x01\x02";
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCentralBytes = 46;

/// PyTorch compresses source code only. What unpacks to more than this many times the file is no model.
constexpr std::uint64_t kMostRatio = 100;
constexpr std::uint64_t kAlwaysAllowedBytes = std::uint64_t{64} << 20U;

class DirectoryReader {
 public:
  explicit DirectoryReader(const ZipFile& file) : file_(file) {}

  std::vector<ZipMember> read_members() const {
    const auto table = file_.find_table();
    const auto text = file_.read(table.begin, checked_cast<std::size_t>(table.bytes));
    std::vector<ZipMember> members;
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < table.members; ++i) members.push_back(parse_member(text, at));
    if (at != text.size()) refuse("its table of contents is longer than its members");
    check_names(members);
    check_sizes(members);
    for (auto& member : members) find_data(member, table.begin);
    check_overlaps(members);
    return members;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { file_.refuse(what); }

  /// The member whose entry begins at `at` of the table; `at` moves on behind it.
  ZipMember parse_member(std::string_view table, std::size_t& at) const {
    const auto entry = table.substr(at);
    if (entry.size() < kCentralBytes || !entry.starts_with(kCentralHeader))
      refuse("its table of contents is broken");
    const auto name = number_at(entry, 28, 2);
    const auto extra = number_at(entry, 30, 2);
    const auto size = kCentralBytes + name + extra + number_at(entry, 32, 2);
    if (entry.size() < size) refuse("its table of contents is broken");
    at += size;

    ZipMember member;
    member.name = entry.substr(kCentralBytes, name);
    const auto method = number_at(entry, 10, 2);
    if ((number_at(entry, 8, 2) & 1U) != 0 || (method != 0 && method != 8))
      refuse("member " + quoted_name(member.name) + " is encrypted, or compressed in an unknown way");
    member.compressed = method == 8;
    member.bytes = number_at(entry, 24, 4);
    member.packed_bytes = number_at(entry, 20, 4);
    member.header = number_at(entry, 42, 4);
    take_large_numbers(member, entry.substr(kCentralBytes + name, extra));
    return member;
  }

  /// Numbers that do not fit stand in the zip64 extra field, in this order.
  void take_large_numbers(ZipMember& member, std::string_view extra) const {
    constexpr std::uint64_t kElsewhere = std::numeric_limits<std::uint32_t>::max();
    if (std::max({member.bytes, member.packed_bytes, member.header}) < kElsewhere) return;
    auto field = zip64_field(extra);
    for (auto* number : {&member.bytes, &member.packed_bytes, &member.header}) {
      if (*number != kElsewhere) continue;
      if (field.size() < 8) refuse("member " + quoted_name(member.name) + " has no size or place");
      *number = number_at(field, 0, 8);
      field.remove_prefix(8);
    }
  }

  static std::string_view zip64_field(std::string_view extra) {
    constexpr std::uint64_t kZip64 = 1;
    while (extra.size() >= 4) {
      const auto size = number_at(extra, 2, 2);
      if (size > extra.size() - 4) break;
      if (number_at(extra, 0, 2) == kZip64) return extra.substr(4, size);
      extra.remove_prefix(4 + size);
    }
    return {};
  }

  void check_names(const std::vector<ZipMember>& members) const {
    std::set<std::string_view> names;
    for (const auto& member : members) {
      if (const auto problem = name_problem(member.name))
        refuse("the name of member " + quoted_name(member.name) + " " + *problem);
      if (!names.insert(member.name).second) refuse("member " + quoted_name(member.name) + " comes twice");
    }
  }

  void check_sizes(const std::vector<ZipMember>& members) const {
    const auto most = file_.bytes() * kMostRatio + kAlwaysAllowedBytes;
    std::uint64_t total = 0;
    for (const auto& member : members) {
      if (!member.compressed && member.bytes != member.packed_bytes)
        refuse("member " + quoted_name(member.name) + " is not compressed, but has two sizes");
      if (member.bytes > most || (total += member.bytes) > most) {
        refuse("its members unpack to more than " + std::to_string(most) + " bytes, but the file has " +
               std::to_string(file_.bytes()));
      }
    }
  }

  /// By the member's own header, which must agree with the table.
  void find_data(ZipMember& member, std::uint64_t directory) const {
    if (directory < kLocalBytes || member.header > directory - kLocalBytes)
      refuse("member " + quoted_name(member.name) + " lies outside the file");
    const auto header = file_.read(member.header, kLocalBytes);
    const auto name = number_at(header, 26, 2);
    member.data = member.header + kLocalBytes + name + number_at(header, 28, 2);
    if (member.data > directory || member.packed_bytes > directory - member.data)
      refuse("member " + quoted_name(member.name) + " lies outside the file");
    const auto own_name = file_.read(member.header + kLocalBytes, checked_cast<std::size_t>(name));
    if (!header.starts_with(kLocalHeader) || own_name != member.name ||
        (number_at(header, 8, 2) == 8) != member.compressed)
      refuse("member " + quoted_name(member.name) + " differs from the table of contents");
  }

  void check_overlaps(const std::vector<ZipMember>& members) const {
    std::vector<const ZipMember*> by_place;
    for (const auto& member : members) by_place.push_back(&member);
    std::ranges::sort(by_place, {}, &ZipMember::header);
    for (std::size_t i = 1; i < by_place.size(); ++i) {
      const auto& before = *by_place[i - 1];
      if (before.data + before.packed_bytes > by_place[i]->header)
        refuse("members " + quoted_name(before.name) + " and " + quoted_name(by_place[i]->name) + " overlap");
    }
  }

  const ZipFile& file_;
};

}  // namespace

std::vector<ZipMember> read_zip_directory(const ZipFile& file) {
  return DirectoryReader(file).read_members();
}

std::string read_zip_head(const ZipFile& file, const ZipMember& member, std::size_t most) {
  INFER_ASSERT(!member.compressed);
  const auto size = std::min<std::uint64_t>(member.bytes, most);
  return file.read(member.data, checked_cast<std::size_t>(size));
}

std::string read_zip_member(const ZipFile& file, const ZipMember& member) {
  auto packed = file.read(member.data, checked_cast<std::size_t>(member.packed_bytes));
  if (!member.compressed) return packed;
  auto text = inflate(packed, checked_cast<std::size_t>(member.bytes));
  if (!text) file.refuse("member " + quoted_name(member.name) + " cannot be unpacked");
  return *std::move(text);
}

}  // namespace infer::detail
