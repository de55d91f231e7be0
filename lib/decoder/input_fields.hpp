// The input fields of the record under way: which of them came, and what was refused. Internal to the
// decoder.
#pragma once

#include <optional>
#include <vector>

#include "decoder/field_readers.hpp"
#include "record/decoded_chunk.hpp"
#include "record/record_error.hpp"

namespace infer::detail {

/// Thread-compatible. Fields are numbered through all readers, in the readers' order.
class InputFields {
 public:
  /// `chunk`, the one under way, must outlive this.
  InputFields(FieldReaders readers, DecodedChunk& chunk);

  std::vector<JsonPath> paths() const;

  void begin_record();

  /// As FieldReader has it; an error is kept for fetch(), for the walk goes on to find the record's id.
  void take(simdjson::ondemand::value value, std::size_t field);

  /// As FieldReader has it.
  bool take_plain(const PlainValue& value, std::size_t field);

  /// Whether the walk of this field's value may have ended before its end.
  bool refused(std::size_t field) const { return fields_[field].error.has_value(); }

  /// Whether a refused value of this record was repeated, so that refused() no longer tells of it.
  bool forgave() const { return forgave_; }

  /// Says why the record is no example: the first field that has no good value, or whose value names what
  /// cannot be read.
  std::optional<RecordError> fetch();

  /// After fetch().
  void add_to(KeyDigest& digest) const;

  /// Completes the example after fetch(), or says why the record is none. Then the columns keep what was
  /// taken until drop_incomplete().
  std::optional<RecordError> append();

 private:
  struct Field {
    FieldReader* reader = nullptr;
    std::size_t place = 0;  ///< among the reader's
    bool came = false;
    std::optional<RecordError> error{};
  };

  std::optional<RecordError> check() const;

  FieldReaders readers_;
  DecodedChunk& chunk_;
  std::vector<Field> fields_;
  bool forgave_ = false;
};

}  // namespace infer::detail
