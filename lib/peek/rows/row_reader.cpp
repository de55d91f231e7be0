#include "peek/rows/row_reader.hpp"

#include <simdjson.h>

#include <limits>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "peek/rows/row_fields.hpp"
#include "record/chunk.hpp"

namespace infer {
namespace {

namespace od = simdjson::ondemand;
using detail::FieldKind;
using detail::FieldMeaning;

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr int kMostDepth = 100;  ///< of lists within an output

/// What a number is, or what --non-finite string writes for one; nothing for what is neither.
std::optional<double> number_in(od::value value) {
  double number = 0;
  if (value.get_double().get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text == "NaN" || text == "Infinity" || text == "-Infinity" ? std::optional(kNoNumber) : std::nullopt;
}

bool is_null(od::value value) {
  bool is_it = false;
  return value.is_null().get(is_it) == simdjson::SUCCESS && is_it;
}

/// Text, or a number or truth as it is spelt; empty for what is something else.
std::string_view label_in(od::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return text;
  od::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return {};
  if (type != od::json_type::number && type != od::json_type::boolean) return {};
  const std::string_view token = value.raw_json_token();
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

/// Whether what is neither text nor null is no JSON either.
bool is_no_json(od::value value) {
  od::json_type type{};
  return value.type().get(type) != simdjson::SUCCESS || type == od::json_type::number;
}

std::string_view text_in(od::value value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// Calls `take` with each member of an object; false where it is none, or is broken.
template <class Take>
bool for_each_member(od::value value, const Take& take) {
  od::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto field : object) {
    std::string_view key;
    od::value member;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (field.value().get(member) != simdjson::SUCCESS) return false;
    take(key, member);
  }
  return true;
}

/// Likewise, of a list.
template <class Take>
bool for_each_item(od::value value, const Take& take) {
  od::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto each : array) {
    od::value item;
    if (each.get(item) != simdjson::SUCCESS) return false;
    take(item);
  }
  return true;
}

simdjson::padded_string_view padded(std::string_view text) {
  return simdjson::padded_string_view(text.data(), text.size(), text.size() + kTailPadding);
}

}  // namespace

/// Through a line, once.
class RowReader::Walk {
 public:
  explicit Walk(bool is_flat) : fields_(is_flat) {}

  const RowValues* read(std::string_view line, std::span<const double> embedding) {
    if (!walk(line) && !walk_repaired(line)) return nullptr;
    if (!embedding.empty()) add_embedding(embedding);
    return &row_;
  }

  const std::string& problem() const { return problem_; }

 private:
  /// The problem stays that of the line as it is.
  bool walk_repaired(std::string_view line) {
    const auto repaired = repaired_line(line);
    if (!repaired) return false;
    repaired_ = *repaired;
    repaired_.append(kTailPadding, '\0');
    auto problem = std::move(problem_);
    const bool is_row = walk({repaired_.data(), repaired->size()});
    problem_ = std::move(problem);
    return is_row;
  }

  void add_embedding(std::span<const double> embedding) {
    const auto begin = row_.items.size();
    row_.items.insert(row_.items.end(), embedding.begin(), embedding.end());
    row_.vectors.push_back({{{}, "embedding"}, begin, row_.items.size()});
    row_.task = Task::embedding;
  }

  bool refuse(simdjson::error_code code) {
    problem_ = code == simdjson::INCORRECT_TYPE ? "no JSON object" : simdjson::error_message(code);
    return false;
  }

  bool walk(std::string_view line) {
    row_.clear();
    listed_ = {};
    has_items_ = false;
    is_broken_ = false;
    od::document document;
    od::object object;
    if (const auto code = parser_.iterate(padded(line)).get(document)) return refuse(code);
    if (const auto code = document.get_object().get(object)) return refuse(code);
    std::size_t place = 0;
    for (auto field : object) {
      od::raw_json_string key;
      od::value value;
      if (const auto code = field.key().get(key)) return refuse(code);
      if (const auto code = field.value().get(value)) return refuse(code);
      take(fields_.meaning(place++, key.raw()), value);
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return refuse(simdjson::TAPE_ERROR);
    if (is_broken_) return refuse(simdjson::NUMBER_ERROR);
    finish();
    return true;
  }

  void finish() {
    const bool is_listed = !row_.task && !row_.failure && !listed_.code.empty() && !listed_.file.empty();
    if (is_listed) row_.failure = listed_;
    if (has_items_) row_.vectors.push_back({{{}, "embedding"}, 0, row_.items.size()});
  }

  void take(const FieldMeaning& meaning, od::value value) {
    if (meaning.task) row_.task = meaning.task;
    const FieldName field{{}, meaning.name};
    switch (meaning.kind) {
      case FieldKind::ignored: return;
      case FieldKind::label: return take_label(field, value);
      case FieldKind::number: return take_number(field, value);
      case FieldKind::scores: return take_scores(value);
      case FieldKind::vector: return take_vector(field, value);
      case FieldKind::vector_item: return take_item(value);
      case FieldKind::output: return take_output(field, value);
      case FieldKind::labels:
      case FieldKind::entities: return take_labelled(meaning, value);
      case FieldKind::outputs: return take_outputs(value);
      case FieldKind::error: return take_error(value);
      case FieldKind::error_code:
      case FieldKind::error_message: return take_flat_error(meaning.kind, value);
      case FieldKind::listed_code: listed_.code = text_in(value); break;
      case FieldKind::listed_message: listed_.message = text_in(value); break;
      case FieldKind::listed_file: listed_.file = text_in(value); break;
      case FieldKind::listed_line: std::ignore = value.get_uint64().get(listed_.line); break;
      case FieldKind::carried: break;
    }
    row_.carried.push_back(meaning.name);
  }

  void take_number(const FieldName& field, od::value value) {
    if (const auto number = number_in(value)) {
      row_.numbers.push_back({field, *number});
    } else {
      is_broken_ |= !is_null(value) && is_no_json(value);
    }
  }

  void take_label(const FieldName& field, od::value value) {
    if (const auto label = label_in(value); label.data() != nullptr) row_.labels.push_back({field, label});
  }

  void take_scores(od::value value) {
    for_each_member(value, [&](std::string_view key, od::value score) {
      take_number({"scores", key}, score);
    });
  }

  void take_items(od::value value, int depth = 0) {
    if (const auto number = number_in(value)) {
      row_.items.push_back(*number);
    } else if (is_null(value)) {
      row_.items.push_back(kNoNumber);
    } else if (bool truth = false; value.get_bool().get(truth) == simdjson::SUCCESS) {
      row_.items.push_back(truth ? 1 : 0);
    } else if (is_no_json(value)) {
      is_broken_ = true;
    } else if (depth < kMostDepth) {
      for_each_item(value, [&](od::value item) { take_items(item, depth + 1); });
    }
  }

  /// Nested lists are one.
  void take_vector(const FieldName& field, od::value value) {
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS || type != od::json_type::array) return;
    const auto begin = row_.items.size();
    take_items(value);
    row_.vectors.push_back({field, begin, row_.items.size()});
  }

  void take_item(od::value value) {
    has_items_ = true;
    const auto number = number_in(value);
    is_broken_ |= !number && !is_null(value) && is_no_json(value);
    row_.items.push_back(number.value_or(kNoNumber));
  }

  void take_output(const FieldName& field, od::value value) {
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return void(is_broken_ = true);
    if (type == od::json_type::boolean) return take_label(field, value);
    if (type == od::json_type::array) return take_vector(field, value);
    take_number(field, value);
  }

  void take_outputs(od::value value) {
    for_each_member(value, [&](std::string_view key, od::value output) {
      take_output({"outputs", key}, output);
    });
  }

  /// A list of objects; flat it is JSON in a text.
  void take_labelled(const FieldMeaning& meaning, od::value value) {
    if (const auto text = text_in(value); text.data() != nullptr) {
      inner_text_ = text;
      inner_text_.append(kTailPadding, '\0');
      od::value list;
      const auto size = inner_text_.size() - kTailPadding;
      if (inner_.iterate(padded({inner_text_.data(), size})).get(inner_document_) != simdjson::SUCCESS)
        return;
      const bool was_broken = is_broken_;
      if (inner_document_.get_value().get(list) == simdjson::SUCCESS) take_list(meaning, list);
      is_broken_ = was_broken;  // what a text holds is no part of the row's JSON
      return;
    }
    take_list(meaning, value);
  }

  void take_list(const FieldMeaning& meaning, od::value list) {
    const auto label_key = meaning.kind == FieldKind::labels ? "label" : "entity";
    std::size_t items = 0;
    const bool is_list = for_each_item(list, [&](od::value item) {
      ++items;
      for_each_member(item, [&](std::string_view key, od::value value) {
        if (key == label_key) take_label({{}, meaning.name}, value);
        if (key == "score") take_number({meaning.name, "score"}, value);
      });
    });
    if (is_list) row_.numbers.push_back({{meaning.name, "per row"}, static_cast<double>(items)});
  }

  void take_error(od::value value) {
    RowValues::Failure failure;
    const bool is_object = for_each_member(value, [&](std::string_view key, od::value member) {
      if (key == "code") failure.code = text_in(member);
      if (key == "message") failure.message = text_in(member);
      if (key == "file") failure.file = text_in(member);
      if (key == "line") std::ignore = member.get_uint64().get(failure.line);
    });
    if (is_object && !failure.code.empty()) row_.failure = failure;
  }

  void take_flat_error(FieldKind kind, od::value value) {
    const auto text = text_in(value);
    if (kind == FieldKind::error_code && !text.empty()) row_.failure = RowValues::Failure{text, {}, {}, 0};
    if (kind == FieldKind::error_message && row_.failure) row_.failure->message = text;
  }

  detail::RowFields fields_;
  od::parser parser_;
  od::parser inner_;
  od::document inner_document_;
  std::string inner_text_;
  std::string repaired_;
  RowValues row_;
  RowValues::Failure listed_;
  bool has_items_ = false;  // of a flat vector
  bool is_broken_ = false;  // by something that is no JSON
  std::string problem_;
};

RowReader::RowReader(bool is_flat) : walk_(std::make_unique<Walk>(is_flat)) {}
RowReader::~RowReader() = default;
const RowValues* RowReader::read(std::string_view line, std::span<const double> embedding) {
  return walk_->read(line, embedding);
}
const std::string& RowReader::problem() const { return walk_->problem(); }

}  // namespace infer
