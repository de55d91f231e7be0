// What one kind of input field is to the decoder: tensors and texts are kinds. Internal to the decoder.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <span>

#include "record/decoded_chunk.hpp"
#include "record/plain_column.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"
#include "row_key/key_digest.hpp"

namespace infer::detail {

/// Reads one field of each record, or a few that belong together, into columns of the chunk under way.
class FieldReader {
 public:
  FieldReader() = default;
  FieldReader(const FieldReader&) = delete;
  FieldReader& operator=(const FieldReader&) = delete;
  virtual ~FieldReader() = default;

  /// Where its fields lie in a record. take() knows each by its place here.
  virtual std::span<const JsonPath> paths() const = 0;

  /// Takes a value for the chunk's next example; what was taken for that field before counts no more. A value
  /// that is refused need not be walked to its end. The record stays where it is, and so do strings that
  /// simdjson made of it, until append() or the next record.
  virtual std::optional<RecordError> take(simdjson::ondemand::value value, std::size_t field,
                                          DecodedChunk& chunk) = 0;

  /// Like take(), of a value that is no JSON, and stays where it is. False where it is refused, or its JSON
  /// is needed; never of a text for a field that holds one.
  virtual bool take_plain(const PlainValue& /*value*/, std::size_t /*field*/, DecodedChunk& /*chunk*/) {
    return false;
  }

  /// Reads what its values only name, once all fields of the record have good ones.
  virtual std::optional<RecordError> fetch(const DecodedChunk& /*chunk*/) { return std::nullopt; }

  /// What its part of the example is a function of; after fetch().
  virtual void add_to(KeyDigest& digest, const DecodedChunk& chunk) const = 0;

  /// Completes the chunk's next example, after fetch(). What is left in the
  /// columns of a record that becomes no example is taken back by the caller.
  virtual std::optional<RecordError> append(DecodedChunk& chunk) = 0;
};

}  // namespace infer::detail
