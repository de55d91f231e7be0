// The rows of a table file as JSON lines, from the first to the last: where rank 0 alone reads the input.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "reader/input_file.hpp"
#include "reader/stream/byte_stream.hpp"
#include "reader/stream/stream_watch.hpp"
#include "reader/tables/table_reader.hpp"

namespace infer {

/// All columns and whole lines, so that its bytes depend on the file alone.
class TableStream final : public ByteStream {
 public:
  /// Keeps a reference to `watch`; every read throws StreamStopped once that is stopped.
  TableStream(InputFile file, StreamWatch& watch) : file_(std::move(file)), watch_(watch) {}

  StreamRead read(std::span<std::byte> target) override;

 private:
  void read_rows();

  InputFile file_;
  StreamWatch& watch_;
  std::optional<TableReader> reader_;
  std::uint64_t row_ = 0;  // the next one
  std::string_view rest_;  // of the lines that were read
};

}  // namespace infer
