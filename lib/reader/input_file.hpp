// What an input is, and what tells whether it is still, or on another rank, the same.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/input_format.hpp"

namespace infer {

enum class InputKind : std::uint8_t {
  plain,           ///< a regular file of lines: every rank reads it where it likes
  packed,          ///< a regular file that gzip or Zstandard made
  framed,          ///< likewise, in frames that say how large they are: every rank unpacks those it needs
  table,           ///< a Parquet or Arrow file: every rank reads the rows it needs
  tar,             ///< a regular tar: rank 0 reads its headers, every rank the pictures it needs
  images,          ///< a list of image files: rank 0 names them, every rank reads those it needs
  pipe,            ///< a named pipe, or another file that gives its bytes but once
  standard_input,  ///< likewise
};

/// Where a Zstandard frame begins: on disk, and in what all of them unpack to.
struct FrameBegin {
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;

  bool operator==(const FrameBegin&) const = default;
};

/// Where a row group of a table file begins: as a number of rows, and among the bytes by which inputs are cut
/// and counted, of which each row of a group has as many.
struct RowsBegin {
  std::uint64_t row = 0;
  std::uint64_t offset = 0;

  bool operator==(const RowsBegin&) const = default;
};

/// The files that are one input of kind `images`.
struct PictureListing {
  std::vector<std::string> paths;
  std::uint64_t left_out = 0;  ///< of its folder: they have no picture's name
};

/// An input as it was when the run began; a later difference means that it changed under us.
struct InputFile {
  std::string path;  ///< for standard input its name in messages
  std::uint64_t bytes =
      0;  ///< on disk, of images the lines that name them; 0 for what is no file, like the next
  std::int64_t modified_ns = 0;
  InputKind kind = InputKind::plain;
  std::vector<FrameBegin> frames{};  ///< of a framed one; the last is the end of the one before
  InputFormat format = InputFormat::jsonl;
  std::vector<RowsBegin> rows{};                     ///< of a table; the last is the end of the one before
  std::shared_ptr<const PictureListing> pictures{};  ///< of images, on rank 0; shared, for it may be long

  bool operator==(const InputFile&) const = default;

  /// Regular files: it can be read again.
  bool stays() const { return kind != InputKind::pipe && kind != InputKind::standard_input; }
  bool is_table() const { return kind == InputKind::table; }
  /// Every rank reads it, where it likes.
  bool is_open_to_all() const {
    return is_table() ||
           ((kind == InputKind::plain || kind == InputKind::framed) && !traits(format).is_read_through);
  }
  /// Of its lines, where every rank reads it.
  std::uint64_t content_bytes() const {
    if (is_table()) return rows.empty() ? 0 : rows.back().offset;
    return frames.empty() ? bytes : frames.back().unpacked;
  }
};

constexpr const char* kStandardInput = "standard input";

/// An input as it is named in rows and messages.
std::string input_name(const std::string& given);

/// Whether rank 0 reads all of the input, from its begin to its end, and no other rank any.
bool is_stream(std::span<const InputFile> files);

/// In those of kind `images`, on rank 0.
std::uint64_t pictures_in(std::span<const InputFile> files);

/// The open file `fd` under its name. Throws RunError when it cannot be looked at.
InputFile stat_open_input(int fd, const std::string& path);

/// Comes after every read: what was read before the file changed is good. Throws RunError when the open file
/// `fd` has another size or time of change than `planned` says.
void check_unchanged(int fd, const InputFile& planned);

/// `format` empty: by its name, or by its first bytes, which must fit if it is given. Throws UsageError.
InputFile stat_input(const std::string& path, std::optional<InputFormat> format);

/// "-" is standard input. Opens no pipe. Throws UsageError for what is missing, unreadable or a folder,
/// whose files named_inputs() gives.
InputFile stat_input(const std::string& path);

}  // namespace infer
