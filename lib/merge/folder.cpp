#include "merge/folder.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

[[noreturn]] void refuse_incomplete(const std::string& folder) {
  const auto manifest = manifest_path(folder);
  const auto journal = parse_journal(content_of(manifest + ".journal"));
  if (!journal.run)
    throw UsageError("infer merge: there is no " + manifest +
                     ": give the folder of a run with --output-dir that came to its end");
  const auto rows = journal.checkpoints.empty() ? 0 : journal.checkpoints.back().rows;
  throw UsageError("infer merge: " + folder + " is not complete: parts of " + std::to_string(rows) +
                   " records are finished; start the same run again with --resume, then merge");
}

void check_part(const std::string& folder, const ManifestPart& part) {
  std::error_code missing;
  const auto bytes = fs::file_size(fs::path(folder) / part.file, missing);
  if (!missing && bytes == part.bytes) return;
  throw UsageError("infer merge: " + folder + "/" + part.file + " has " +
                   (missing ? "no size (" + missing.message() + ")" : std::to_string(bytes) + " bytes") +
                   " but the manifest says " + std::to_string(part.bytes) +
                   ": it is not as the run left it; restore it, or score the input anew with --overwrite");
}

}  // namespace

PartsFolder open_folder(const std::string& path) {
  const auto name = manifest_path(path);
  if (!fs::exists(name)) refuse_incomplete(path);
  auto manifest = parse_manifest(content_of(name));
  if (!manifest)
    throw UsageError("infer merge: " + name +
                     " is damaged, or of a later version of infer: restore it, or score the input anew with "
                     "--overwrite");
  for (const auto& part : manifest->parts) check_part(path, part);
  return {path, *std::move(manifest)};
}

std::string last_bytes(const PartsFolder& folder, const ManifestPart& part) {
  constexpr std::uint64_t kMost = 64;
  const auto path = folder.path + "/" + part.file;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(std::min(kMost, part.bytes), '\0');
  if (!fd || read_at(fd.get(), std::span<char>(bytes), part.bytes - bytes.size()).bytes < bytes.size())
    throw RunError(errno_message("cannot read " + path), /*may_go_on=*/false);
  return bytes;
}

void read_part(const PartsFolder& folder, const ManifestPart& part,
               const std::function<void(std::string_view)>& use) {
  const auto path = folder.path + "/" + part.file;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw RunError(errno_message("cannot open " + path), /*may_go_on=*/false);
  Digest digest;
  const auto read = read_pieces(fd.get(), 0, UINT64_MAX, [&](std::string_view piece) {
    digest.add(piece);
    use(piece);
  });
  if (read.failed) throw RunError(errno_message("cannot read " + path), /*may_go_on=*/false);
  if (read.bytes == part.bytes && digest.value() == part.digest) return;
  throw RunError(path + " is not as the run left it: the manifest says " + std::to_string(part.bytes) +
                     " bytes of digest " + digest_text(part.digest) + ", and it has " +
                     std::to_string(read.bytes) + " of " + digest_text(digest.value()) +
                     "; restore it, or score the input anew",
                 /*may_go_on=*/false);
}

}  // namespace infer
