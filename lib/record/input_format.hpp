// What the records of an input are written in, by the names of --input-format and the endings of files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace infer {

enum class InputFormat : std::uint8_t { jsonl, csv, tsv, parquet, arrow, tar, images };

struct InputFormatTraits {
  InputFormat format;
  std::string_view name;               ///< in --input-format
  std::string_view what;               ///< in messages
  std::string_view ending;             ///< of a file's name; empty: of any other, or told by its first bytes
  std::optional<char> separator = {};  ///< of cells, where records are made of them; else each is a line
  bool is_table = false;               ///< told by its first bytes, whatever its name
  bool is_read_through = separator.has_value();  ///< by rank 0, from its begin to its end
};

constexpr std::array kInputFormats{
    InputFormatTraits{InputFormat::jsonl, "jsonl", "JSON Lines", ""},
    InputFormatTraits{InputFormat::csv, "csv", "CSV", ".csv", ','},
    InputFormatTraits{InputFormat::tsv, "tsv", "tab-separated values", ".tsv", '\t'},
    InputFormatTraits{InputFormat::parquet, "parquet", "Parquet", "", {}, true},
    InputFormatTraits{InputFormat::arrow, "arrow", "Arrow", "", {}, true},
    InputFormatTraits{InputFormat::tar, "tar", "tar", ".tar", {}, false, true},
    InputFormatTraits{InputFormat::images, "images", "pictures", "", {}, false, true},
};

constexpr const InputFormatTraits& traits(InputFormat format) {
  return kInputFormats.at(static_cast<std::size_t>(format));
}

/// By the name's ending, before that of what packed the file, in any case.
InputFormat format_by_name(std::string_view path);

}  // namespace infer
