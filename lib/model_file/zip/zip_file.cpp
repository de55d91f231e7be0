#include "model_file/zip/zip_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"

// APPNOTE.TXT 6.3.10 of PKWARE has the layouts and the names of the fields.
namespace infer::detail {
namespace {

constexpr std::string_view kEndRecord = "PK\x05\x06";
constexpr std::string_view kEndRecord64 = "PK\x06\x06";
constexpr std::string_view kEndLocator64 = "PK\x06\x07";

constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEndBytes64 = 56;
constexpr std::size_t kLocatorBytes64 = 20;
constexpr std::size_t kMostCommentBytes = 65'535;

constexpr std::uint64_t kMostTableBytes = std::uint64_t{256} << 20U;
constexpr std::uint64_t kNoFileIsLarger = std::uint64_t{1} << 50U;

}  // namespace

std::uint64_t number_at(std::string_view text, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8U | static_cast<unsigned char>(text[at + i]);
  return number;
}

ZipFile::ZipFile(const std::filesystem::path& path, const std::filesystem::path& copy)
    : path_(path), fd_(::open(copy.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0)
    throw UsageError(errno_message("cannot open the model " + path.string()) + "; check the name");
  bytes_ = std::min(checked_cast<std::uint64_t>(status.st_size), kNoFileIsLarger);
}

std::size_t ZipFile::read_into(std::span<char> place, std::uint64_t begin) const {
  return read_at(fd_.get(), place, begin).bytes;
}

std::string ZipFile::read(std::uint64_t begin, std::size_t size) const {
  std::string text(size, '\0');
  const auto [bytes, failed] = read_at(fd_.get(), std::span<char>(text), begin);
  if (bytes == size) return text;
  if (failed) throw UsageError(errno_message("cannot read the model " + path_.string()));
  refuse("it ends too early");
}

void ZipFile::refuse(const std::string& what) const {
  throw UsageError(path_.string() + ": this zip file is damaged, or made to mislead: " + what +
                   "; copy or save it again");
}

void ZipFile::refuse_cut_off() const {
  throw UsageError(path_.string() + ": the file is cut off: it starts like a model but ends after " +
                   std::to_string(bytes_) + " bytes without the table of contents; copy or save it again");
}

/// Position of the last end record that fits, as every reader looks for it.
std::uint64_t ZipFile::find_end() const {
  if (bytes_ < kEndBytes) refuse_cut_off();
  const auto searched = std::min<std::uint64_t>(bytes_, kEndBytes + kMostCommentBytes);
  const auto begin = bytes_ - searched;
  const auto tail = read(begin, checked_cast<std::size_t>(searched));
  const auto fitting = std::string_view(tail).substr(0, tail.size() - kEndBytes + kEndRecord.size());
  const auto at = fitting.rfind(kEndRecord);
  if (at == std::string_view::npos) refuse_cut_off();
  return begin + at;
}

ZipTable ZipFile::find_table() const {
  const auto end = find_end();
  const auto text = read(end, kEndBytes);
  if (end + kEndBytes + number_at(text, 20, 2) != bytes_) refuse("something follows its end");
  const ZipTable small{number_at(text, 16, 4), number_at(text, 12, 4), number_at(text, 10, 2)};
  const auto large = find_table64(end);
  if (large) check_agreement(small, *large);
  const auto table = large.value_or(small);
  const auto limit = large ? end - kLocatorBytes64 - kEndBytes64 : end;
  if (table.bytes > limit || table.begin > limit - table.bytes)
    refuse("its table of contents lies outside the file");
  if (table.bytes > kMostTableBytes || table.members > table.bytes / kEntryBytes)
    refuse("its table of contents has an impossible size");
  return table;
}

std::optional<ZipTable> ZipFile::find_table64(std::uint64_t end) const {
  if (end < kLocatorBytes64) return std::nullopt;
  const auto locator = read(end - kLocatorBytes64, kLocatorBytes64);
  if (!locator.starts_with(kEndLocator64)) return std::nullopt;
  const auto begin = number_at(locator, 8, 8);
  if (begin > end - kLocatorBytes64 || end - kLocatorBytes64 - begin < kEndBytes64)
    refuse("its zip64 end record lies outside the file");
  const auto text = read(begin, kEndBytes64);
  if (!text.starts_with(kEndRecord64)) refuse("its zip64 end record is missing");
  return ZipTable{number_at(text, 48, 8), number_at(text, 40, 8), number_at(text, 32, 8)};
}

/// Both end records must tell the same, as far as the small one can.
void ZipFile::check_agreement(const ZipTable& small, const ZipTable& large) const {
  const auto agree = [](std::uint64_t narrow, std::uint64_t wide, std::uint64_t most) {
    return narrow == most || narrow == wide;
  };
  constexpr std::uint64_t kMost16 = std::numeric_limits<std::uint16_t>::max();
  constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
  if (!agree(small.begin, large.begin, kMost32) || !agree(small.bytes, large.bytes, kMost32) ||
      !agree(small.members, large.members, kMost16))
    refuse("its two end records differ");
}

}  // namespace infer::detail
