// The inputs of a run, one by one as they were named: image files that belong together become one of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reader/input_file.hpp"
#include "record/input_format.hpp"

namespace infer {

/// By its ending, in any case: .jpg, .jpeg, .png, .webp.
bool has_picture_name(std::string_view path);

/// By its first bytes: JPEG, PNG or WebP. False for what is no regular file or cannot be read.
bool begins_as_picture(const std::string& path);

/// Thread-compatible.
class InputList {
 public:
  /// Of --input-format.
  explicit InputList(std::optional<InputFormat> format) : format_(format) {}

  void add(InputFile file);

  /// Takes the files `names` that `given` stands for, if the first of them is a picture or all are to be: of
  /// a folder those that are pictures by their names, of a pattern all; files that are named one by one, one
  /// after the other, are one input. False where they are something else. Throws UsageError for what
  /// cannot be a list of pictures.
  bool take_pictures(const std::string& given, std::vector<std::string> names);

  std::vector<InputFile> take();

 private:
  void end_of_single();

  std::optional<InputFormat> format_;
  std::vector<InputFile> files_;
  std::vector<std::string> single_;  // pictures that were named one by one, behind all files
};

}  // namespace infer
