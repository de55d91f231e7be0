// A chunk after decoding: its rows, and the examples' values in one column per model input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "record/chunk.hpp"
#include "record/record_error.hpp"
#include "record/row_key.hpp"
#include "record/tensor.hpp"

namespace infer {

/// All examples' values of one input, one after the other.
struct Column {
  RawBytes values;
  std::vector<std::size_t> begins;  ///< byte where example i starts in `values`
  std::vector<std::int64_t> dims;   ///< spec.shape.size() entries per example
  std::size_t rank = 0;

  std::size_t size() const { return begins.size(); }
  std::span<const std::int64_t> shape(std::size_t example) const {
    return std::span(dims).subspan(example * rank, rank);
  }
};

/// One record on its way to the output; rows keep input order from here to the writer.
struct Row {
  std::uint64_t line = 0;  ///< as in RawRecord, like the next three
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::uint32_t file = 0;
  bool is_carried_as_read = false;  ///< its slice is one of RowTable::as_read, and not of `carried`
  std::size_t carried_begin = 0;
  std::size_t carried_size = 0;
  std::size_t example =
      0;  ///< position in the columns, which another row may have too; only if has_example()
  std::optional<RecordError> error;
  RowKey key{};                                 ///< none unless keys are wanted
  std::shared_ptr<const std::string> values{};  ///< what its format makes of the model's outputs, where known
  std::optional<std::string_view> earlier{};    ///< the row of an earlier output that it has, with its end

  bool has_example() const { return !error && !earlier && !values; }
};

/// What a chunk's rows need in every later stage.
struct RowTable {
  ChunkRange range;
  ChunkDigest digest;
  std::uint64_t lines = 0;
  std::optional<Counts> before;  ///< as in RawChunk
  std::vector<Row> rows;
  std::string
      carried;  ///< JSON members copied from the records: `"id":7,"user":{"a":1}` per row, no comma around
  RawBytes as_read;  ///< the chunk's buffer, where such members stand in it just so

  std::string_view carried_of(const Row& row) const {
    const auto* text =
        row.is_carried_as_read ? reinterpret_cast<const char*>(as_read.data()) : carried.data();
    return {text + row.carried_begin, row.carried_size};
  }
};

/// Busy time and counts, summed along the way.
struct ChunkWork {
  std::uint64_t read_ns = 0;
  std::uint64_t decode_ns = 0;
  std::uint64_t model_ns = 0;
  std::uint64_t encode_ns = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t batches = 0;
  std::uint64_t elements = 0;          ///< input elements that came from records
  std::uint64_t padded_elements = 0;   ///< input elements given to the model, padding included
  std::uint64_t tokens = 0;            ///< of texts, before padding
  std::uint64_t reused = 0;            ///< records whose row an earlier output has
  std::uint64_t repeated = 0;          ///< records whose row is another one's of the run
  std::uint64_t truncated = 0;         ///< texts that were cut to the model's length
  std::uint64_t pictures_on_gpu = 0;   ///< that a GPU decoded, where one was to
  std::uint64_t pictures_on_cpu = 0;   ///< that it did not take, or that were refused
  std::uint64_t halved = 0;            ///< batches that had to be halved for want of memory
  std::uint64_t alone = 0;             ///< records that had the memory only while the model ran nothing else
  std::uint64_t shapes = 0;            ///< of batches, each when a runner met it for the first time
  std::uint64_t device_ns = 0;         ///< in which a GPU had work
  std::uint64_t device_waits = 0;      ///< of a runner for a GPU
  std::uint64_t fitting_rows = 0;      ///< what batches were limited to after that; 0: not limited
  std::uint64_t fitting_elements = 0;  ///< rows × longest length; 0: not limited

  ChunkWork& operator+=(const ChunkWork& other);
  double padding_share() const;  ///< of the elements given to the model
};

/// One token of an example's text.
struct TokenPlace {
  std::uint32_t token = 0;  ///< its position among the example's tokens
  std::uint32_t begin = 0;  ///< bytes [begin, end) of the text
  std::uint32_t end = 0;
};

/// The examples' texts and where their tokens stand, special ones left out: for tasks that point into a text.
/// Empty for all others.
struct TextTable {
  struct Entry {
    std::size_t text_begin = 0;
    std::size_t text_size = 0;
    std::size_t places_begin = 0;
    std::size_t places_size = 0;
  };
  std::string texts;
  std::vector<TokenPlace> places;
  std::vector<Entry> entries;  ///< one per example

  std::string_view text(std::size_t example) const {
    return std::string_view(texts).substr(entries[example].text_begin, entries[example].text_size);
  }
  std::span<const TokenPlace> places_of(std::size_t example) const {
    return std::span(places).subspan(entries[example].places_begin, entries[example].places_size);
  }
};

struct DecodedChunk {
  RowTable table;
  std::vector<Column> inputs;  ///< one per model input, in the signature's order
  TextTable texts;
  std::size_t examples = 0;
  ChunkWork work;
  bool has_cells = false;                         ///< as in RawChunk
  std::vector<std::vector<RowKey>> other_keys{};  ///< as RowReuse asks for them, one for each row
};

}  // namespace infer
