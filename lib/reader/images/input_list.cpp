#include "reader/images/input_list.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/text.hpp"
#include "reader/images/picture_lines.hpp"
#include "reader/input_fd.hpp"

namespace infer {
namespace {

using namespace std::string_view_literals;

InputFile listing_of(std::string name, PictureListing listing) {
  InputFile file{std::move(name), 0, 0, InputKind::images, {}, InputFormat::images, {}, {}};
  std::string line;
  for (const auto& path : listing.paths) {
    line.clear();
    append_picture_line(line, path);
    file.bytes += line.size();
  }
  file.pictures = std::make_shared<const PictureListing>(std::move(listing));
  return file;
}

bool is_folder(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::is_directory(path, unknown);
}

PictureListing pictures_of_folder(const std::string& folder, std::vector<std::string> names) {
  PictureListing listing;
  const auto all = names.size();
  std::erase_if(names, [](const auto& name) { return !has_picture_name(name); });
  if (names.empty())
    throw UsageError("there are no pictures in the input " + folder + ": of its " + counted(all, "file") +
                     " no name ends in .jpg, .jpeg, .png or .webp; a quoted pattern takes them whatever "
                     "they are called: '" +
                     folder + (folder.ends_with('/') ? "*'" : "/*'"));
  listing.left_out = all - names.size();
  listing.paths = std::move(names);
  return listing;
}

/// What is named by itself must be there.
void require_file(const std::string& path) {
  if (stat_input(path).stays()) return;
  throw UsageError("--input-format images: the input " + input_name(path) +
                   " is no regular file, and pictures are read from those alone; a tar of them may come so: "
                   "--input-format tar");
}

}  // namespace

bool has_picture_name(std::string_view path) {
  std::string name(path);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array kEndings{".jpg"sv, ".jpeg"sv, ".png"sv, ".webp"sv};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

bool begins_as_picture(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const auto fd = open_input(path);
  if (!fd) return false;
  std::array<char, 12> bytes{};
  const std::string_view head(bytes.data(),
                              read_at(fd.get(), std::as_writable_bytes(std::span(bytes)), 0).bytes);
  return head.starts_with("\xff\xd8\xff"sv) || head.starts_with("\x89PNG\r\n\x1a\n"sv) ||
         (head.starts_with("RIFF"sv) && head.ends_with("WEBP"sv));
}

void InputList::add(InputFile file) {
  end_of_single();
  files_.push_back(std::move(file));
}

bool InputList::take_pictures(const std::string& given, std::vector<std::string> names) {
  const bool must_be = format_ == InputFormat::images;
  if (!must_be && (format_ || !begins_as_picture(names.front()))) return false;
  if (is_folder(given)) {
    add(listing_of(given, pictures_of_folder(given, std::move(names))));
  } else if (names == std::vector{given}) {
    if (must_be) require_file(given);
    single_.push_back(given);
  } else {
    add(listing_of(given, {std::move(names), 0}));
  }
  return true;
}

void InputList::end_of_single() {
  if (single_.empty()) return;
  auto name = single_.front();
  if (single_.size() > 1) name += " and " + std::to_string(single_.size() - 1) + " more";
  files_.push_back(listing_of(std::move(name), {std::exchange(single_, {}), 0}));
}

std::vector<InputFile> InputList::take() {
  end_of_single();
  return std::exchange(files_, {});
}

}  // namespace infer
