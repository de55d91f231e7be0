#include "decoder/record_walk.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "record/chunk.hpp"

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

RecordError unfed_field(const UnfedArgument& argument) {
  return {RecordErrorCode::unfed_field, "field \"" + join_json_path(argument.path) +
                                            "\" has a value for the model's argument \"" + argument.name +
                                            "\", which is not fed: " + argument.remedy};
}

/// The text of a record has room behind it.
bool is_null(const char* token) { return std::string_view(token, 4) == "null"; }

}  // namespace

RecordWalk::RecordWalk(FieldNode tree, const Signature& signature, InputFields& inputs,
                       CarriedFields& carried)
    : tree_(std::move(tree)),
      arguments_(signature.unfed),
      inputs_(inputs),
      carried_(carried),
      object_check_(signature.missing_as_nan),
      literals_{signature.missing_as_nan} {}

RecordWalk::Failure RecordWalk::walk(std::string_view text) {
  literals_.refusal.reset();
  unfed_.reset();
  const simdjson::padded_string_view padded(text, text.size() + kTailPadding);
  if (const auto code = parser_.iterate(padded).get(document_)) return invalid_json(code);
  od::object object;
  if (const auto code = document_.get_object().get(object)) {
    if (code != simdjson::INCORRECT_TYPE) return invalid_json(code);
    return RecordError{RecordErrorCode::invalid_json, "not a JSON object; each line must hold one"};
  }
  if (auto failed = walk_object(object, tree_)) return failed;
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return RecordError{RecordErrorCode::invalid_json, "not a valid JSON object: something follows its end"};
  }
  if (literals_.refusal) return literals_.refusal;
  if (inputs_.forgave()) {
    if (auto failed = object_check_.find_error(text)) return failed;
  }
  return unfed_ ? Failure(unfed_field(arguments_[*unfed_])) : std::nullopt;
}

RecordWalk::Failure RecordWalk::walk_object(od::object object, const FieldNode& node) {
  for (auto field : object) {
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key)) return invalid_json(code);
    JsonValue value;
    if (const auto code = field.value().get(value)) return invalid_json(code);
    const auto* wanted = node.find(key);
    if (auto failed = wanted != nullptr ? take_value(value, *wanted) : check_json(value, literals_, 1))
      return failed;
  }
  return std::nullopt;
}

RecordWalk::Failure RecordWalk::take_value(JsonValue value, const FieldNode& node) {
  const auto* begin = value.raw_json_token().data();
  if (node.unfed && !is_null(begin)) unfed_ = node.unfed;
  if (auto failed = consume(value, node)) return failed;
  const bool walked_whole = !node.wanted || !inputs_.refused(*node.wanted);
  return node.carried && walked_whole ? carry(begin, node) : std::nullopt;
}

/// Walks the whole value, whatever it is wanted for.
RecordWalk::Failure RecordWalk::consume(JsonValue value, const FieldNode& node) {
  if (node.wanted) {
    inputs_.take(value, *node.wanted);
    return std::nullopt;
  }
  od::object object;
  if (!node.children.empty() && !value.get_object().get(object)) return walk_object(object, node);
  return check_json(value, literals_, 1);
}

/// A value that begins at `begin` and has just been walked.
RecordWalk::Failure RecordWalk::carry(const char* begin, const FieldNode& node) {
  const char* end = nullptr;
  if (const auto code = document_.current_location().get(end)) return invalid_json(code);
  const bool may_have_literals = literals_.refusal || literals_.allowed;
  const auto text = carried_.take(*node.carried, begin, end, may_have_literals);
  if (is_doubtful(node) && object_check_.find_error(text)) carried_.drop(*node.carried);
  return std::nullopt;
}

/// Whether something inside was not walked to its end.
bool RecordWalk::is_doubtful(const FieldNode& node) const {
  return !node.children.empty() && (inputs_.forgave() || refused_below(node));
}

bool RecordWalk::refused_below(const FieldNode& node) const {
  return std::ranges::any_of(node.children, [&](const FieldNode& child) {
    return (child.wanted && inputs_.refused(*child.wanted)) || refused_below(child);
  });
}

}  // namespace infer::detail
