#include "file_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::array<std::string_view, 13> kCompressed{".gz", ".zst", ".zstd", ".bz2", ".xz",   ".lz4", ".br",
                                                       ".7z", ".zip", ".tar",  ".tgz", ".lzma", ".z"};
constexpr std::array<std::string_view, 33> kOtherFormats{
    ".parquet", ".pq",   ".csv",  ".tsv",     ".npz",    ".arrow",      ".feather", ".ipc",  ".xlsx",
    ".xls",     ".orc",  ".avro", ".h5",      ".hdf5",   ".pkl",        ".pickle",  ".db",   ".sqlite",
    ".sqlite3", ".mat",  ".pt",   ".pth",     ".pt2",    ".tfrecord",   ".xml",     ".yaml", ".yml",
    ".toml",    ".html", ".pdf",  ".msgpack", ".duckdb", ".safetensors"};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

void check_file_name(const std::string& flag, const std::string& name) {
  const auto ending = std::filesystem::path(name).extension().string();
  const auto known = lower(ending);
  if (std::ranges::find(kCompressed, known) != kCompressed.end())
    throw UsageError(flag + " " + name + ": what infer writes is not compressed, and " + ending +
                     " says that it is; name a file without it, and compress that afterwards");
  if (known == ".npy" && ending != known && flag == "--output")
    throw UsageError(flag + " " + name +
                     ": a NumPy array is written where the name ends in .npy; spell it so");
  if (std::ranges::find(kOtherFormats, known) != kOtherFormats.end() ||
      (known == ".npy" && flag != "--output"))
    throw UsageError(flag + " " + name + ": infer does not write " + known.substr(1) + "; " +
                     (flag == "--output"
                          ? "it writes JSON Lines (name it .jsonl) or, for embeddings, a NumPy array "
                            "(.npy)"
                          : "the file is JSON, name it so"));
}

}  // namespace infer
