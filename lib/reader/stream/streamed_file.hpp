// One input of a stream, from its bytes on disk to its lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/digest.hpp"
#include "reader/input_file.hpp"
#include "reader/stream/file_stream.hpp"
#include "reader/stream/line_stream.hpp"
#include "reader/stream/stream_watch.hpp"
#include "reader/stream/unpacked_stream.hpp"

namespace infer {

/// Stays where it is: its parts refer to each other. Thread-compatible.
struct StreamedFile {
  /// Keeps references to all but the first.
  StreamedFile(std::uint32_t its_number, const InputFile& its_file, std::size_t max_record_bytes,
               StreamWatch& watch, Digest& digest)
      : number(its_number),
        file(its_file),
        bytes(std::make_unique<FileStream>(its_file, watch), its_file.path),
        lines(bytes, max_record_bytes, digest) {}
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;
  ~StreamedFile() = default;

  std::uint32_t number;
  const InputFile& file;
  UnpackedStream bytes;
  LineStream lines;
};

}  // namespace infer
