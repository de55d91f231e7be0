#include "flags/file_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "base/error.hpp"
#include "encoder/output_format.hpp"
#include "encoder/output_packing.hpp"

namespace infer {
namespace {

constexpr std::array<std::string_view, 13> kCompressed{".gz", ".zst", ".zstd", ".bz2", ".xz",   ".lz4", ".br",
                                                       ".7z", ".zip", ".tar",  ".tgz", ".lzma", ".z"};
constexpr std::array<std::string_view, 34> kOtherFormats{
    ".parquet", ".parq",    ".pq",   ".csv",  ".tsv",     ".npz",    ".arrow",      ".feather", ".ipc",
    ".xlsx",    ".xls",     ".orc",  ".avro", ".h5",      ".hdf5",   ".pkl",        ".pickle",  ".db",
    ".sqlite",  ".sqlite3", ".mat",  ".pt",   ".pth",     ".pt2",    ".tfrecord",   ".xml",     ".yaml",
    ".yml",     ".toml",    ".html", ".pdf",  ".msgpack", ".duckdb", ".safetensors"};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "JSON Lines (name it .jsonl), CSV (.csv) or, for embeddings, a NumPy array (.npy)".
std::string what_is_written() {
  std::string text = "JSON Lines (name it .jsonl)";
  for (const auto* format : other_formats()) {
    text += format->contents.empty() ? ", " : " or, for " + std::string(format->contents) + ", ";
    text += std::string(format->name) + " (" + std::string(format->ending) + ")";
  }
  return text;
}

[[noreturn]] void refuse_packed(const std::string& flag, const std::string& name, const std::string& ending) {
  throw UsageError(flag + " " + name + ": " +
                   (flag == "--output" ? "infer packs what is named " + packed_endings() + ", and " + ending +
                                             " promises something else: take one of these endings, or none"
                                       : "what infer writes there is not compressed, and " + ending +
                                             " says that it is; name a file without it, and compress that "
                                             "afterwards"));
}

/// An array is read from where it lies on the disk, and Parquet is packed already.
void check_packed_name(const std::string& flag, const std::string& name) {
  const std::string inner(without_packing(name));
  if (output_format(inner).row_bytes != nullptr || output_format(inner).pack != nullptr)
    throw UsageError(flag + " " + name + ": " + std::string(output_format(inner).name) +
                     " is not packed; name it " + inner);
  check_file_name(flag, inner);
}

}  // namespace

std::string packed_endings() {
  std::string text;
  for (const auto& packing : output_packings())
    text += (text.empty() ? "" : " or ") + std::string(packing.ending);
  return text;
}

void check_file_name(const std::string& flag, const std::string& name) {
  const bool may_choose = flag == "--output";
  if (may_choose && output_packing(name) != nullptr) return check_packed_name(flag, name);
  const auto ending = std::filesystem::path(name).extension().string();
  const auto known = lower(ending);
  if (std::ranges::find(kCompressed, known) != kCompressed.end()) refuse_packed(flag, name, ending);
  const auto& format = output_format(known);
  if (may_choose && !format.ending.empty()) {
    if (ending == known) return;
    throw UsageError(flag + " " + name + ": " + std::string(format.name) +
                     " is written where the name ends in " + known + "; spell it so");
  }
  if (std::ranges::find(kOtherFormats, known) != kOtherFormats.end() || !format.ending.empty())
    throw UsageError(flag + " " + name + ": infer does not write " + known.substr(1) + "; " +
                     (may_choose ? "it writes " + what_is_written() : "the file is JSON, name it so"));
}

}  // namespace infer
