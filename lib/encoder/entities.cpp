#include "encoder/entities.hpp"

#include "encoder/classify.hpp"
#include "record/signature.hpp"

namespace infer {
namespace {

struct Tag {
  bool begins = false;
  std::string_view name;
};

Tag tag_of(std::string_view label) {
  if (label.starts_with("B-")) return {true, label.substr(2)};
  if (label.starts_with("I-")) return {false, label.substr(2)};
  return {false, label};
}

/// Entities under construction; those named "O" separate the others.
class EntityList {
 public:
  void add(const Tag& tag, double score, const TokenPlace& place) {
    if (tokens_ == 0 || tag.begins || tag.name != open_.name) {
      close();
      open_ = {tag.name, 0, place.begin, place.end};
    }
    open_.score += score;
    open_.end = place.end;
    ++tokens_;
  }

  std::vector<Entity> take() && {
    close();
    return std::move(entities_);
  }

 private:
  void close() {
    if (tokens_ > 0 && open_.name != "O") {
      open_.score /= static_cast<double>(tokens_);
      entities_.push_back(open_);
    }
    tokens_ = 0;
  }

  Entity open_;
  std::size_t tokens_ = 0;
  std::vector<Entity> entities_;
};

}  // namespace

std::optional<std::vector<Entity>> find_entities(const HostTensor& logits, std::size_t row,
                                                 std::span<const TokenPlace> places,
                                                 std::span<const std::string> labels) {
  const auto tokens = static_cast<std::size_t>(logits.shape[1]);
  EntityList entities;
  for (const auto& place : places) {
    const auto scores = class_scores(logits, row * tokens + place.token, labels.size(), Activation::softmax);
    if (scores.empty()) return std::nullopt;
    const auto best = best_classes(scores, 1).front();
    entities.add(tag_of(labels[best]), scores[best], place);
  }
  return std::move(entities).take();
}

}  // namespace infer
