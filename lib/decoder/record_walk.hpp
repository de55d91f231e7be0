// Walks the JSON of records by the tree of wanted fields. Internal to the decoder.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <vector>

#include "decoder/carried_fields.hpp"
#include "decoder/field_tree.hpp"
#include "decoder/input_fields.hpp"
#include "decoder/json_values.hpp"
#include "decoder/object_check.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// One record at a time, once and to its end, also behind a value that is refused. Thread-compatible.
class RecordWalk {
 public:
  /// `inputs` and `carried` take what is found, and must outlive this. Of the signature come the arguments
  /// that are not fed, and whether literals are allowed.
  RecordWalk(FieldNode tree, const Signature& signature, InputFields& inputs, CarriedFields& carried);

  /// What is wrong with the record apart from its inputs. The text must have kTailPadding readable bytes
  /// behind it.
  std::optional<RecordError> walk(std::string_view text);

 private:
  using Failure = std::optional<RecordError>;

  Failure walk_object(simdjson::ondemand::object object, const FieldNode& node);
  Failure take_value(JsonValue value, const FieldNode& node);
  Failure consume(JsonValue value, const FieldNode& node);
  Failure carry(const char* begin, const FieldNode& node);
  bool is_doubtful(const FieldNode& node) const;
  bool refused_below(const FieldNode& node) const;

  FieldNode tree_;
  std::vector<UnfedArgument> arguments_;
  InputFields& inputs_;
  CarriedFields& carried_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  ObjectCheck object_check_;
  Literals literals_;                 // of the record under way, where nobody wants them
  std::optional<std::size_t> unfed_;  // an argument that the record under way has a value for
};

}  // namespace infer::detail
