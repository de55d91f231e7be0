// How the files of parts are called, and which of a folder's files are parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace infer {

constexpr std::string_view kPartStem = "part-";
/// While a folder's finished parts have the other one: what replaces them stands beside them until it is
/// complete.
constexpr std::string_view kOtherPartStem = "part-b";

struct PartNames {
  std::string folder;
  std::string stem{kPartStem};
  std::string ending = ".jsonl";

  /// "part-00042.jsonl"
  std::string file(std::uint64_t part) const;
  std::string path(std::uint64_t part) const { return folder + "/" + file(part); }
};

/// The manifest of a folder of parts: who sees it may use all that it names.
std::string manifest_path(const std::string& folder);

/// Of which a complete folder's manifest, any bytes, has no file; without one the first of the two.
std::string_view free_part_stem(std::string_view manifest);

/// Files in `folder` that are called like parts of `stem`, finished or not, in order; none where there is no
/// folder. Throws RunError.
std::vector<std::string> part_files(const std::string& folder, std::string_view stem);

/// Whether it is called like a part of either stem.
bool is_part_file(std::string_view file);
/// Whether it is called like one that is finished.
bool is_finished_part(std::string_view file);

/// All that is called like parts of the other stem. Throws RunError.
void remove_other_parts(const PartNames& names);

/// Throws RunError.
void remove_files(const std::string& folder, const std::vector<std::string>& files);

}  // namespace infer
