#include "reader/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/checked_cast.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"
#include "reader/likeness.hpp"
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
          InputFormat::jsonl};
}

constexpr std::size_t kFormatBytes = 8;
static_assert(kFormatBytes >= kPackingBytes);

/// What says by its first bytes that it is a table of another kind.
void refuse_other_format(std::string_view head, const std::string& path) {
  if (!head.starts_with("PAR1") && !head.starts_with("ARROW1")) return;
  const auto likeness = recognise(head, path, "").value();
  throw UsageError("the input " + path + " is a file of " + likeness.what + ", which infer does not read; " +
                   likeness.remedy);
}

/// "1234 bytes, last written 2026-11-21T09:15:02.123456789Z"
std::string describe(const InputFile& file) {
  return std::to_string(file.bytes) + " bytes, last written " + time_text(file.modified_ns);
}

/// By its content alone.
InputKind kind_of(int fd, const std::string& path) {
  std::array<std::byte, kFormatBytes> head{};
  const auto size = read_fully(fd, head, 0, path);
  const auto known = std::span(head).first(size);
  refuse_other_format({reinterpret_cast<const char*>(known.data()), known.size()}, path);
  return packing_of(known.first(std::min(size, kPackingBytes))) == Packing::none ? InputKind::plain
                                                                                 : InputKind::packed;
}

/// Opened now, a pipe would lose who writes into it when it is closed again.
InputFile stat_pipe(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) throw UsageError(errno_message("cannot open the input " + path));
  return {path, 0, 0, InputKind::pipe};
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
  if (path == "-") return {kStandardInput, 0, 0, InputKind::standard_input};
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
  file.format = format.value_or(format_by_name(path));
  return file;
}

}  // namespace infer
