#include "peek/chosen_rows.hpp"

namespace infer {

bool ChosenRows::is_wanted(const RowValues* values) {
  if (!choice_.looks_into_rows()) return true;
  if (values == nullptr) return false;
  const bool is_failed = values->failure && (choice_.code.empty() || values->failure->code == choice_.code);
  if (choice_.is_failed && !is_failed) return false;
  if (!choice_.label) return true;
  bool has_it = false;
  for (const auto& label : values->labels) {
    labels_.add(label.label);
    has_it |= label.label == *choice_.label;
  }
  return has_it;
}

void ChosenRows::add(std::string_view json, const RowValues* values) {
  ++row_;
  if (!is_wanted(values)) return;
  ++taken_;
  if (!choice_.tail) return take_(json);
  last_.emplace_back(json);
  if (last_.size() > *choice_.tail) last_.pop_front();
}

bool ChosenRows::is_over() const { return row_ >= choice_.end || (choice_.head && taken_ >= *choice_.head); }

void ChosenRows::end() {
  for (const auto& json : last_) take_(json);
  last_.clear();
}

}  // namespace infer
