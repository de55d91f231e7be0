#include "start/parts/earlier_parts.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/error.hpp"
#include "keys/keys_path.hpp"
#include "writer/output_name.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0777;  // the umask takes away what it must

Manifest read_unfinished(const std::string& path, const Checkpoint& from, bool is_retry) {
  std::string text(from.files.at(0).end, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto manifest = file ? parse_unfinished_manifest(text) : std::nullopt;
  const bool fits =
      manifest && (is_retry || (manifest->sum.records == from.rows && manifest->sum.failed == from.failed));
  if (!fits)
    throw UsageError("--resume: " + path +
                     " does not say which parts are finished: it is damaged; --overwrite "
                     "starts again");
  return *manifest;
}

void check_is_there(const std::string& folder, const ManifestPart& part) {
  std::error_code missing;
  const auto bytes = fs::file_size(fs::path(folder) / part.file, missing);
  if (!missing && bytes == part.bytes) return;
  throw UsageError(
      "--resume: " + folder + "/" + part.file + " was finished with " + std::to_string(part.bytes) +
      " bytes, and " +
      (missing ? "cannot be found (" + missing.message() + ")" : "has " + std::to_string(bytes)) +
      ": it was changed since; --overwrite starts again");
}

}  // namespace

void make_parts_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) == 0) return;
  if (errno == EEXIST && fs::is_directory(folder)) return;
  if (errno == EEXIST)
    throw UsageError("--output-dir " + folder + " is no folder: name one, or one that is to be made");
  const bool no_parent = errno == ENOENT;
  throw UsageError(errno_message("cannot make the folder --output-dir " + folder) +
                   (no_parent ? "; make the one above it first" : ""));
}

void check_parts_are_known(const OutputOptions& output, const FoundOutput& found) {
  if (found.kind != StartKind::anew || output.start.overwrite || found.unfinished.run) return;
  for (const auto stem : {kPartStem, kOtherPartStem}) {
    const auto files = part_files(output.dir, stem);
    const auto known = std::ranges::find_if(files, is_finished_part);
    if (known == files.end()) continue;
    throw UsageError(output.dir + " holds " + *known +
                     ", of which no manifest tells: --overwrite replaces what is called so; or name another "
                     "--output-dir");
  }
}

Manifest finished_manifest(const OutputOptions& output) {
  std::ifstream file(output.path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (auto manifest = parse_manifest(text)) return *std::move(manifest);
  throw UsageError("--retry-errors: " + output.path +
                   " is damaged, or of a later version of infer: restore it, or score the whole input anew "
                   "with --overwrite");
}

Manifest keep_parts(const OutputOptions& output, const PartNames& names, const Checkpoint& from,
                    bool is_retry) {
  Manifest kept;
  if (from.chunks > 0 && from.files.at(0).end > 0)
    kept = read_unfinished(output_path(output.path).written, from, is_retry);
  auto files = part_files(names.folder, names.stem);
  for (const auto& part : kept.parts) {
    check_is_there(names.folder, part);
    std::erase(files, part.file);
    std::erase(files, keys_path(part.file));
  }
  remove_files(names.folder, files);
  return kept;
}

}  // namespace infer
