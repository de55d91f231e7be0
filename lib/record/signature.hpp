// What a model takes and gives, and where a record holds it: what a bundle states and a run works by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "record/column_kind.hpp"
#include "record/image_spec.hpp"
#include "record/task.hpp"
#include "record/tensor.hpp"

namespace infer {

/// "user.name" means the key "name" inside the object at "user"; "user\.name" is one key.
using JsonPath = std::vector<std::string>;

JsonPath split_json_path(std::string_view text);
std::string join_json_path(const JsonPath& path);

/// What of a tokenized text an input holds.
enum class TokenPart : std::uint8_t {
  ids,
  mask,   ///< 1 for each token
  types,  ///< 0, and 1 for the tokens of the second text of a pair
  count,  ///< how many there are, as one number
};

/// Where the values of one model input come from.
struct InputSource {
  JsonPath path;                    ///< of the value in a record; empty when made from tokens
  std::optional<TokenPart> tokens;  ///< made from the record's text
  bool image = false;               ///< made from a picture

  bool operator==(const InputSource&) const = default;
};

/// The text of a record and how much of it the model takes.
struct TextSpec {
  std::vector<JsonPath> fields;  ///< one, or two for a pair
  std::size_t max_length = 0;    ///< tokens, special ones included
  bool truncate = true;          ///< longer texts are cut; else they are errors
  bool truncate_left = false;    ///< cut at the beginning, not at the end
  std::string prompt{};          ///< put before the text

  bool operator==(const TextSpec&) const = default;
};

/// What makes scores of a model's logits.
enum class Activation : std::uint8_t {
  softmax,  ///< one label holds
  sigmoid,  ///< several labels may hold
  none,     ///< regression: the values as they are
};

std::string_view activation_name(Activation activation);
std::optional<Activation> activation_from_name(std::string_view name);

/// An output as the model gave it. Without padding: its bytes are compared.
struct GivenOutput {
  DType dtype = DType::float32;
  std::uint8_t dims = 0;  ///< of a record's, without the batch's

  bool operator==(const GivenOutput&) const = default;
};

static_assert(std::has_unique_object_representations_v<GivenOutput>);

/// What the model's outputs mean.
struct ResultSpec {
  Task task = Task::outputs;
  std::vector<std::string> outputs;  ///< names by position; empty: the model's own
  std::vector<std::string> labels;   ///< of the classes; empty: their numbers
  Activation activation = Activation::softmax;
  double threshold = 0.5;             ///< of sigmoid with several labels: the score from which a label holds
  std::size_t width = 0;              ///< values of an embedding; 0: not known
  std::vector<Shape> shapes{};        ///< of the outputs, per record, by position; empty: not known
  std::vector<GivenOutput> given{};   ///< in the trial, by position; empty: not known
  std::vector<ColumnKind> carried{};  ///< of the fields copied from a record, by position; empty: not known

  bool operator==(const ResultSpec&) const = default;
};

/// An argument of the model's forward that keeps its default: what a record has for it would be ignored.
struct UnfedArgument {
  std::string name;
  JsonPath path;       ///< where its value would lie in a record
  std::string remedy;  ///< for the message about a record that has one
};

struct Signature {
  std::vector<TensorSpec> inputs;    ///< in call order
  std::vector<InputSource> sources;  ///< one per input
  std::optional<TextSpec> text;      ///< set when an input is made from tokens
  std::optional<ImageSpec> image;    ///< set when one is made from a picture
  ResultSpec result;
  std::vector<UnfedArgument> unfed;
  std::size_t min_batch = 1;  ///< rows that the model needs: fewer records are given several times
  std::size_t max_batch = 0;  ///< records per batch that the model takes; 0: any number
  /// null, NaN, Infinity and -Infinity are values of float inputs, and the literals may stand anywhere
  bool missing_as_nan = false;
};

}  // namespace infer
