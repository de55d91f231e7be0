// One input of a stream, from its bytes on disk to its lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "reader/csv/csv_header.hpp"
#include "reader/images/picture_lines.hpp"
#include "reader/input_file.hpp"
#include "reader/stream/file_stream.hpp"
#include "reader/stream/line_stream.hpp"
#include "reader/stream/stream_watch.hpp"
#include "reader/stream/table_stream.hpp"
#include "reader/stream/unpacked_stream.hpp"
#include "reader/tar/tar_lines.hpp"
#include "record/csv_columns.hpp"

namespace infer {

inline std::unique_ptr<ByteStream> open_stream(const InputFile& file, StreamWatch& watch) {
  if (file.is_table()) return std::make_unique<TableStream>(file, watch);
  if (file.kind == InputKind::images) return std::make_unique<PictureLines>(file, watch);
  return std::make_unique<FileStream>(file, watch);
}

/// Stays where it is: its parts refer to each other. Thread-compatible.
struct StreamedFile {
  /// Keeps references to all but the first.
  StreamedFile(std::uint32_t its_number, const InputFile& its_file, std::size_t max_record_bytes,
               StreamWatch& watch, Digest& digest)
      : number(its_number),
        file(its_file),
        bytes(open_stream(its_file, watch), its_file.path),
        rules{max_record_bytes, traits(its_file.format).separator},
        lines(with_samples(max_record_bytes), rules, digest) {}
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;
  ~StreamedFile() = default;

  /// Of it as it lies on disk; about, of a table.
  std::uint64_t taken_bytes() const {
    return file.is_table() ? std::min(bytes.packed_bytes(), file.bytes) : bytes.packed_bytes();
  }

  std::uint32_t number;
  const InputFile& file;
  UnpackedStream bytes;
  std::optional<TarLines> samples;  ///< of a tar
  RecordRules rules;
  LineStream lines;
  std::optional<CsvColumns> columns;  ///< of a CSV, once learnt

  /// Of a CSV, once, before anything has left; of others nothing. Waits until the first record is there.
  /// Throws as check_csv_header() does.
  void learn_columns() {
    if (!rules.separator || columns) return;
    const auto header = lines.header();
    check_csv_header(file.path, header, file.format, rules.max_record_bytes);
    columns = CsvColumns{*rules.separator, std::string(header)};
  }

 private:
  /// What gives the lines.
  ByteStream& with_samples(std::size_t max_record_bytes) {
    if (file.format != InputFormat::tar) return bytes;
    return samples.emplace(bytes, file.path, file.kind == InputKind::tar, max_record_bytes);
  }
};

}  // namespace infer
