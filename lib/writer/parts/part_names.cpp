#include "writer/parts/part_names.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/error.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 5;  ///< or more
constexpr std::string_view kUnfinished = ".partial";

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool is_part_of(std::string_view stem, std::string_view file) {
  if (!file.starts_with(stem)) return false;
  file.remove_prefix(stem.size());
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(file, is_digit) - file.begin());
  return digits >= kDigits && file.substr(digits).starts_with('.');
}

}  // namespace

std::string PartNames::file(std::uint64_t part) const {
  auto number = std::to_string(part);
  if (number.size() < kDigits) number.insert(0, kDigits - number.size(), '0');
  return stem + number + ending;
}

std::string manifest_path(const std::string& folder) { return folder + "/manifest.json"; }

std::string_view free_part_stem(std::string_view manifest) {
  const bool has_first = manifest.find("\"part\":\"part-0") != std::string_view::npos;
  const bool has_other = manifest.find("\"part\":\"part-b") != std::string_view::npos;
  return has_first || (!manifest.empty() && !has_other) ? kOtherPartStem : kPartStem;
}

std::vector<std::string> part_files(const std::string& folder, std::string_view stem) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (is_part_of(stem, name)) files.push_back(std::move(name));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw RunError("cannot look into the folder " + folder + ": " + error.message());
  std::ranges::sort(files);
  return files;
}

bool is_part_file(std::string_view file) {
  return is_part_of(kPartStem, file) || is_part_of(kOtherPartStem, file);
}

bool is_finished_part(std::string_view file) { return !file.ends_with(kUnfinished); }

void remove_other_parts(const PartNames& names) {
  const auto other = names.stem == kPartStem ? kOtherPartStem : kPartStem;
  remove_files(names.folder, part_files(names.folder, other));
}

void remove_files(const std::string& folder, const std::vector<std::string>& files) {
  for (const auto& file : files) {
    std::error_code error;
    fs::remove(fs::path(folder) / file, error);
    if (error) throw RunError("cannot remove " + folder + "/" + file + ": " + error.message());
  }
}

}  // namespace infer
