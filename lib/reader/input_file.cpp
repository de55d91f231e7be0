#include "reader/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/checked_cast.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"
#include "reader/stream/packing.hpp"

namespace infer {
namespace {

InputFile input_file(const std::string& path, const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {path,
          checked_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
          InputKind::plain,
          {},
          InputFormat::jsonl,
          {}};
}

/// "1234 bytes, last written 2026-11-21T09:15:02.123456789Z"
std::string describe(const InputFile& file) {
  return std::to_string(file.bytes) + " bytes, last written " + time_text(file.modified_ns);
}

/// Parquet, also with an encrypted footer, and Arrow as a file or a stream.
bool is_table(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array kMagics{"PAR1"sv, "PARE"sv, "ARROW1"sv, "\xff\xff\xff\xff"sv};
  return std::ranges::any_of(kMagics, [&](std::string_view magic) { return head.starts_with(magic); });
}

InputKind kind_of(int fd, const std::string& path) {
  constexpr std::size_t kMagicBytes = 6;
  std::array<std::byte, std::max(kPackingBytes, kMagicBytes)> head{};
  const auto first = std::span(head).first(read_fully(fd, head, 0, path));
  if (is_table({reinterpret_cast<const char*>(first.data()), first.size()})) return InputKind::table;
  const auto packing = packing_of(first.first(std::min(first.size(), kPackingBytes)));
  return packing == Packing::none ? InputKind::plain : InputKind::packed;
}

/// Opened now, a pipe would lose who writes into it when it is closed again.
InputFile stat_pipe(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) throw UsageError(errno_message("cannot open the input " + path));
  return {path, 0, 0, InputKind::pipe, {}, InputFormat::jsonl, {}};
}

}  // namespace

std::string input_name(const std::string& given) { return given == "-" ? kStandardInput : given; }

bool is_stream(std::span<const InputFile> files) {
  return !std::ranges::all_of(files, &InputFile::is_open_to_all);
}

InputFile stat_open_input(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw RunError(errno_message("cannot read the input " + path));
  return input_file(path, status);
}

void check_unchanged(int fd, const InputFile& planned) {
  const auto now = stat_open_input(fd, planned.path);
  if (now.bytes == planned.bytes && now.modified_ns == planned.modified_ns) return;
  throw RunError("the input " + planned.path + " changed during the run: at the start it had " +
                     describe(planned) + ", now it has " + describe(now) +
                     "; leave it alone until the run is over, and start again (--overwrite)",
                 /*may_go_on=*/false);
}

InputFile stat_input(const std::string& path) {
  if (path == "-") return {kStandardInput, 0, 0, InputKind::standard_input, {}, InputFormat::jsonl, {}};
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw UsageError(errno_message("cannot open the input " + path));
  if (S_ISDIR(status.st_mode)) throw UsageError("the input " + path + " is a folder, and was none before");
  if (!S_ISREG(status.st_mode)) return stat_pipe(path);
  const auto fd = open_input(path);
  if (!fd) throw UsageError(errno_message("cannot open the input " + path));
  if (::fstat(fd.get(), &status) != 0) throw UsageError(errno_message("cannot read the input " + path));
  auto file = input_file(path, status);
  file.kind = kind_of(fd.get(), path);
  return file;
}

InputFile stat_input(const std::string& path, std::optional<InputFormat> format) {
  auto file = stat_input(path);
  if (!file.is_table()) file.format = format.value_or(format_by_name(path));
  return file;
}

}  // namespace infer
