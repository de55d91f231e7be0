#include "encoder/task_fields.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "encoder/classify.hpp"
#include "encoder/entities.hpp"
#include "json/json_text.hpp"

namespace infer::detail {
namespace {

/// Classification: which fields a row has depends on the activation and the number of classes.
class ClassFields {
 public:
  ClassFields(std::string& body, std::vector<double> scores, const RowConfig& config)
      : body_(body), scores_(std::move(scores)), config_(config) {}

  void append() {
    const auto activation = config_.result.activation;
    if (scores_.size() == 1) return append_score(0);
    if (activation == Activation::none) return append_all();
    if (activation == Activation::sigmoid) {
      append_list("labels", holding());
    } else {
      append_class(best_classes(scores_, 1).front());
    }
    if (config_.top_k > 1) {
      body_ += ',';
      append_list("top_k", best_classes(scores_, config_.top_k));
    }
    if (config_.all_scores) {
      body_ += ',';
      append_all();
    }
  }

 private:
  /// Labels whose score reaches the threshold, best first.
  std::vector<std::size_t> holding() const {
    auto order = best_classes(scores_, scores_.size());
    std::erase_if(order, [&](std::size_t index) { return scores_[index] < config_.result.threshold; });
    return order;
  }

  void append_label(std::size_t index) {
    if (config_.result.labels.empty()) {
      append_number(body_, std::uint64_t{index});
    } else {
      append_json_string(body_, config_.result.labels.at(index));
    }
  }

  void append_value(std::size_t index) {
    append_number(body_, static_cast<float>(scores_[index]), config_.non_finite);
  }

  void append_score(std::size_t index) {
    body_ += "\"score\":";
    append_value(index);
  }

  void append_class(std::size_t index) {
    body_ += "\"label\":";
    append_label(index);
    body_ += ',';
    append_score(index);
  }

  void append_list(const char* name, const std::vector<std::size_t>& indices) {
    body_ += '"';
    body_ += name;
    body_ += "\":[";
    for (const auto index : indices) {
      if (body_.back() != '[') body_ += ',';
      body_ += '{';
      append_class(index);
      body_ += '}';
    }
    body_ += ']';
  }

  /// In the classes' order.
  void append_all() {
    body_ += "\"scores\":{";
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if (i > 0) body_ += ',';
      append_json_string(body_,
                         config_.result.labels.empty() ? std::to_string(i) : config_.result.labels.at(i));
      body_ += ':';
      append_value(i);
    }
    body_ += '}';
  }

  std::string& body_;
  std::vector<double> scores_;
  const RowConfig& config_;
};

std::size_t classes_of(const HostTensor& logits) {
  return logits.shape.size() < 2 ? 1 : static_cast<std::size_t>(logits.shape[1]);
}

bool append_classes(std::string& body, const RowResult& result, const RowConfig& config) {
  const auto& logits = result.outputs[0].value;
  const auto classes = classes_of(logits);
  auto scores = class_scores(logits, result.row, classes, config.result.activation);
  if (scores.empty()) {
    if (classes > 1 && config.result.activation == Activation::softmax) body += "\"label\":null,";
    body += "\"score\":null";
    return false;
  }
  ClassFields(body, std::move(scores), config).append();
  return true;
}

bool append_embedding(std::string& body, const RowResult& result, NonFinite policy) {
  body += "\"embedding\":";
  return append_tensor_row(body, result.outputs[0].value, result.row, policy);
}

std::uint64_t count_characters(std::string_view utf8) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Positions within one text, in characters (code points); asked for in rising order.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}

  std::uint64_t at(std::size_t byte) {
    if (byte < byte_) byte_ = characters_ = 0;
    characters_ += count_characters(text_.substr(byte_, byte - byte_));
    byte_ = byte;
    return characters_;
  }

 private:
  std::string_view text_;
  std::size_t byte_ = 0;
  std::uint64_t characters_ = 0;
};

bool append_entities(std::string& body, const RowResult& result, const RowConfig& config) {
  const auto text = result.texts->text(result.example);
  const auto entities = find_entities(result.outputs[0].value, result.row,
                                      result.texts->places_of(result.example), config.result.labels);
  body += "\"entities\":";
  if (!entities) {
    body += "null";
    return false;
  }
  CharacterCounter characters(text);
  body += '[';
  for (const auto& entity : *entities) {
    if (body.back() != '[') body += ',';
    body += "{\"entity\":";
    append_json_string(body, entity.name);
    body += ",\"score\":";
    append_number(body, static_cast<float>(entity.score), config.non_finite);
    body += ",\"text\":";
    append_json_string(body, text.substr(entity.begin, entity.end - entity.begin));
    body += ",\"start\":";
    append_number(body, characters.at(entity.begin));
    body += ",\"end\":";
    append_number(body, characters.at(entity.end));
    body += '}';
  }
  body += ']';
  return true;
}

/// Without what padding made.
bool append_own_row(std::string& body, const RowResult& result, std::size_t output, NonFinite policy) {
  const auto& value = result.outputs[output].value;
  if (result.own_shapes.empty() || result.own_shapes[output].empty())
    return append_tensor_row(body, value, result.row, policy);
  return append_tensor_row(body, value, result.row, result.own_shapes[output].at(result.row), policy);
}

bool append_outputs(std::string& body, const RowResult& result, NonFinite policy) {
  bool finite = true;
  body += "\"outputs\":{";
  for (std::size_t i = 0; i < result.outputs.size(); ++i) {
    if (i > 0) body += ',';
    append_json_string(body, result.outputs[i].name);
    body += ':';
    finite &= append_own_row(body, result, i, policy);
  }
  body += '}';
  return finite;
}

}  // namespace

bool append_task_fields(std::string& body, const RowResult& result, const RowConfig& config) {
  switch (config.result.task) {
    case Task::classification: return append_classes(body, result, config);
    case Task::embedding: return append_embedding(body, result, config.non_finite);
    case Task::entities: return append_entities(body, result, config);
    case Task::outputs: break;
  }
  return append_outputs(body, result, config.non_finite);
}

}  // namespace infer::detail
