#include "reader/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"
#include "reader/stream/packing.hpp"
#include "reader/tar/tar_header.hpp"

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
          {},
          {}};
}

/// "1234 bytes, last written 2026-11-21T09:15:02.123456789Z"
std::string describe(const InputFile& file) {
  return std::to_string(file.bytes) + " bytes, last written " + time_text(file.modified_ns);
}

/// Parquet, also with an encrypted footer, or Arrow as a file or a stream.
std::optional<InputFormat> table_format(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array kMagics{
      std::pair{"PAR1"sv, InputFormat::parquet}, std::pair{"PARE"sv, InputFormat::parquet},
      std::pair{"ARROW1"sv, InputFormat::arrow}, std::pair{"\xff\xff\xff\xff"sv, InputFormat::arrow}};
  const auto* const found =
      std::ranges::find_if(kMagics, [&](const auto& magic) { return head.starts_with(magic.first); });
  return found == kMagics.end() ? std::nullopt : std::optional(found->second);
}

/// One of an old program has nothing but its checksum to be known by.
void check_tar(const InputFile& file) {
  std::array<std::byte, kTarBlockBytes> head{};
  const auto fd = open_input(file.path);
  if (!fd) throw UsageError(errno_message("cannot open the input " + file.path));
  if (may_begin_tar(std::span(head).first(read_fully(fd.get(), head, 0, file.path)))) return;
  throw UsageError("the input " + file.path +
                   " is no tar: it does not begin with the header of a member; give a whole tar, or say with "
                   "--input-format what it is");
}

void look_at_content(InputFile& file, int fd) {
  std::array<std::byte, kTarBlockBytes> head{};
  const auto first = std::span(head).first(read_fully(fd, head, 0, file.path));
  const auto table = table_format({reinterpret_cast<const char*>(first.data()), first.size()});
  const auto packing = packing_of(first.first(std::min(first.size(), kPackingBytes)));
  if (packing != Packing::none) file.kind = InputKind::packed;
  if (table) file.kind = InputKind::table;
  if (begins_as_tar(first)) file.kind = InputKind::tar;
  file.format = table.value_or(file.format);
}

/// What a table is, its first bytes say.
void check_format(const InputFile& file, const InputFormatTraits& given) {
  const auto fits = file.is_table() ? file.format == given.format : !given.is_table;
  if (fits) return;
  const auto what = std::string(given.what);
  const auto refused =
      "--input-format " + std::string(given.name) + " is not what the input " + file.path + " is: ";
  if (!file.stays()) throw UsageError(refused + what + " is read from regular files alone; save it as one");
  if (!file.is_table()) {
    throw UsageError(refused + "it does not begin as " + what +
                     " does; give --input-format auto, or what it is written in");
  }
  throw UsageError(refused + "by its first bytes it is " + std::string(traits(file.format).what) +
                   "; give --input-format " + std::string(traits(file.format).name) + ", or auto");
}

/// Opened now, a pipe would lose who writes into it when it is closed again.
InputFile stat_pipe(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) throw UsageError(errno_message("cannot open the input " + path));
  return {path, 0, 0, InputKind::pipe, {}, InputFormat::jsonl, {}, {}};
}

}  // namespace

std::string input_name(const std::string& given) { return given == "-" ? kStandardInput : given; }

bool is_stream(std::span<const InputFile> files) {
  return !std::ranges::all_of(files, &InputFile::is_open_to_all);
}

std::uint64_t pictures_in(std::span<const InputFile> files) {
  std::uint64_t pictures = 0;
  for (const auto& file : files) pictures += file.pictures ? file.pictures->paths.size() : 0;
  return pictures;
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
  if (path == "-") return {kStandardInput, 0, 0, InputKind::standard_input, {}, InputFormat::jsonl, {}, {}};
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw UsageError(errno_message("cannot open the input " + path));
  if (S_ISDIR(status.st_mode)) throw UsageError("the input " + path + " is a folder, and was none before");
  if (!S_ISREG(status.st_mode)) return stat_pipe(path);
  const auto fd = open_input(path);
  if (!fd) throw UsageError(errno_message("cannot open the input " + path));
  if (::fstat(fd.get(), &status) != 0) throw UsageError(errno_message("cannot read the input " + path));
  auto file = input_file(path, status);
  look_at_content(file, fd.get());
  return file;
}

InputFile stat_input(const std::string& path, std::optional<InputFormat> format) {
  auto file = stat_input(path);
  if (format) check_format(file, traits(*format));
  const auto by_content = file.kind == InputKind::tar ? InputFormat::tar : file.format;
  const bool is_told = file.is_table() || file.kind == InputKind::tar;
  file.format = format.value_or(is_told ? by_content : format_by_name(path));
  if (file.kind == InputKind::plain && file.format == InputFormat::tar) check_tar(file);
  if (file.kind == InputKind::plain || file.kind == InputKind::tar)
    file.kind = file.format == InputFormat::tar ? InputKind::tar : InputKind::plain;
  return file;
}

}  // namespace infer
