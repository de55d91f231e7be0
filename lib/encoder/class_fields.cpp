#include "encoder/class_fields.hpp"

#include <algorithm>
#include <utility>

#include "encoder/classify.hpp"
#include "json/json_text.hpp"

namespace infer::detail {
namespace {

/// Which fields a row has depends on the activation and the number of classes.
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

}  // namespace

bool append_class_fields(std::string& body, const RowResult& result, const RowConfig& config) {
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

std::vector<FlatField> class_columns(const ResultOptions& options, const ResultSpec& result) {
  const auto& labels = result.labels;
  const auto classes = labels.empty() ? result.width : labels.size();
  if (classes == 1) return {plain_field("score", ColumnKind::float32)};
  const auto all = spread_field("scores", FlatKind::members, labels.empty() ? numbers_below(classes) : labels,
                                {ColumnKind::float32});
  if (result.activation == Activation::none) return {all};
  auto fields = result.activation == Activation::sigmoid
                    ? std::vector{plain_field("labels")}
                    : std::vector{plain_field("label", labels.empty() ? ColumnKind::int64 : ColumnKind::text),
                                  plain_field("score", ColumnKind::float32)};
  if (options.top_k > 1) fields.push_back(plain_field("top_k"));
  if (options.all_scores) fields.push_back(all);
  return fields;
}

bool states_classes(const ResultSpec& result) { return !result.labels.empty() || result.width > 0; }

}  // namespace infer::detail
