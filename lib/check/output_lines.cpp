#include "check/output_lines.hpp"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "check/bytes_text.hpp"
#include "keys/keys_file.hpp"
#include "keys/keys_path.hpp"
#include "start/earlier/output_claim.hpp"
#include "start/reuse/earlier_rows.hpp"
#include "writer/output_name.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& file) {
  const auto folder = fs::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

/// That, or, where the run is to make it, the one above.
std::string folder_there(const std::string& folder) {
  return fs::exists(folder) ? folder : folder_of(folder);
}

/// What it matters to know of a file system, by its magic number (statfs(2)); empty for any other.
std::string_view file_system_note(const std::string& folder) {
  struct Note {
    long magic;
    std::string_view text;
  };
  constexpr std::array kNotes{Note{0x6969, "on NFS"},
                              Note{0x0BD00BD0, "on Lustre"},
                              Note{0x47504653, "on GPFS"},
                              Note{0x19830326, "on BeeGFS"},
                              Note{0xFF534D42, "on CIFS"},
                              Note{0xFE534D42, "on SMB"},
                              Note{0x65735546, "on FUSE"},
                              Note{0x01021994, "in memory (tmpfs)"},
                              Note{0x794C7630, "in a container's own layer (overlayfs)"}};
  struct statfs where {};
  if (::statfs(folder.c_str(), &where) != 0) return "";
  for (const auto& note : kNotes) {
    if (note.magic == static_cast<long>(where.f_type)) return note.text;
  }
  return "";
}

std::string what_stands_there(const FoundOutput& earlier, const OutputOptions& output) {
  switch (earlier.kind) {
    case StartKind::go_on: return "the rows of an unfinished run, with which --resume goes on";
    case StartKind::retry: return "a finished output, of which what failed is scored again";
    case StartKind::already_complete: return "a finished output";
    case StartKind::anew: break;
  }
  if (!earlier.can_resume) return "no regular file: the run cannot be taken up again";
  return output.start.overwrite ? "whatever stands there is replaced" : "nothing stands in the way";
}

std::string parts_text(const OutputOptions& output) {
  return "files of each rank's own, " + output.format + ", in " + output.dir;
}

Finding look_at_output(const OutputOptions& output, const FoundOutput& earlier) {
  const auto path = output_path(output.path);
  const auto note =
      path.is_direct() ? std::string_view() : file_system_note(folder_there(folder_of(path.final)));
  return {Verdict::ok, (output.path == "-"   ? "standard output"
                        : output.dir.empty() ? output.path
                                             : parts_text(output)) +
                           (note.empty() ? "" : ", " + std::string(note)) + ": " +
                           what_stands_there(earlier, output)};
}

/// Ranks that find another number are likely to look at another folder.
Finding look_at_folder(const std::string& folder) {
  const auto there = folder_there(folder);
  struct stat status {};
  if (::stat(there.c_str(), &status) != 0)
    throw UsageError(errno_message("--output-dir " + folder + ": cannot look at " + there) +
                     "; make the folder above it first");
  const auto number = " (inode " + std::to_string(status.st_ino) + ")";
  return {Verdict::ok,
          there == folder ? folder + number + " is there" : folder + " is to be made, in " + there + number};
}

Finding look_at_errors(const OutputOptions& output) {
  if (output.errors) {
    check_output(*output.errors);
    return {Verdict::ok, "records that fail are listed in " + *output.errors};
  }
  if (output.on_error == OnError::skip)
    return {Verdict::ok, "records that fail are left out, and are listed nowhere",
            "--errors FILE lists them, also for --retry-errors"};
  return {Verdict::ok, "records that fail have their row in the output"};
}

/// Whether their options are the run's is seen at its start.
Finding look_at_reuse(const std::vector<std::string>& outputs) {
  const auto files = reused_outputs(outputs);
  std::uint64_t rows = 0;
  for (const auto& file : files) rows += KeysFile(keys_path(file), KeysFile::Check::heads).head().rows;
  return {Verdict::ok, counted(files.size(), "earlier file") + " with the keys of " + counted(rows, "row") +
                           ", which count where they were made of the same"};
}

Finding look_at_disk(const OutputOptions& output, std::uint64_t needed) {
  const auto path = output_path(output.path);
  const auto expected = "about " + bytes_text(needed) + " of rows are to come";
  if (path.is_direct()) return {Verdict::ok, expected};
  std::error_code unknown;
  const auto folder = folder_there(folder_of(path.final));
  const auto room = fs::space(folder, unknown).available;
  if (unknown) return not_looked_at("output");
  const auto text = expected + ", and " + folder + " has room for " + bytes_text(room);
  if (needed <= room) return {Verdict::ok, text};
  return {Verdict::fail, text, "free some, or write to another disk"};
}

}  // namespace

std::optional<FoundOutput> check_outputs(const RunConfig& config, Checklist& list) {
  std::optional<FoundOutput> earlier;
  if (!config.output.dir.empty()) {
    list.everywhere(
        "parts", [&] { return look_at_folder(config.output.dir); }, Verdict::warn,
        "every rank writes there: name one folder on a file system that all share, by its whole path");
  }
  list.on_root("output", [&] {
    auto found = look_at_outputs(config);
    auto line = look_at_output(config.output, found);
    earlier = std::move(found);
    return line;
  });
  list.on_root("errors", [&] { return look_at_errors(config.output); });
  if (const auto& reuse = config.output.reuse; !reuse.empty())
    list.on_root("reuse", [&] { return look_at_reuse(reuse); });
  return earlier;
}

void check_disk(const OutputOptions& output, std::uint64_t needed, Checklist& list) {
  list.on_root("disk", [&] { return look_at_disk(output, needed); });
}

}  // namespace infer
