#include "peek/rows/row_fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "json/json_members.hpp"

namespace infer::detail {
namespace {

struct OwnField {
  std::string_view name;
  FieldKind kind;
  std::optional<Task> task{};
};

constexpr std::array kOwnFields{
    OwnField{"label", FieldKind::label, Task::classification},
    OwnField{"score", FieldKind::number, Task::classification},
    OwnField{"labels", FieldKind::labels, Task::classification},
    OwnField{"scores", FieldKind::scores, Task::classification},
    OwnField{"top_k", FieldKind::ignored, Task::classification},
    OwnField{"embedding", FieldKind::vector, Task::embedding},
    OwnField{"entities", FieldKind::entities, Task::entities},
    OwnField{"logprob", FieldKind::number, Task::likelihood},
    OwnField{"tokens", FieldKind::number, Task::likelihood},
    OwnField{"perplexity", FieldKind::number, Task::likelihood},
    OwnField{"token_logprobs", FieldKind::ignored, Task::likelihood},
    OwnField{"outputs", FieldKind::outputs, Task::outputs},
    OwnField{"error", FieldKind::error},
    OwnField{"code", FieldKind::listed_code},
    OwnField{"message", FieldKind::listed_message},
    OwnField{"file", FieldKind::listed_file},
    OwnField{"line", FieldKind::listed_line},
};

constexpr std::array kFlatFields{
    OwnField{"error_code", FieldKind::error_code},
    OwnField{"error_message", FieldKind::error_message},
};

/// Whose columns are called "outputs_NAME".
constexpr std::array kSpreadFields{
    OwnField{"outputs_", FieldKind::output, Task::outputs},
    OwnField{"scores_", FieldKind::number, Task::classification},
    OwnField{"embedding_", FieldKind::vector_item, Task::embedding},
};

constexpr std::size_t kMostKnown = 100'000;  ///< keys

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

template <class Fields>
const OwnField* find_own(const Fields& fields, std::string_view name) {
  const auto* const found = std::ranges::find(fields, name, &OwnField::name);
  return found == fields.end() ? nullptr : found;
}

const OwnField* find_spread(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kSpreadFields, [&](const OwnField& field) { return name.starts_with(field.name); });
  if (found == kSpreadFields.end()) return nullptr;
  const bool is_item = found->kind != FieldKind::vector_item || is_number(name.substr(found->name.size()));
  return is_item ? found : nullptr;
}

/// Behind the quote that ends it.
std::string_view key_at(const char* from) {
  const auto* end = from;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {from, static_cast<std::size_t>(end + 1 - from)};
}

}  // namespace

FieldMeaning field_meaning(std::string_view name, bool is_flat) {
  const auto* own = find_own(kOwnFields, name);
  const bool is_only_in_json = own != nullptr && own->kind >= FieldKind::error;
  if (is_flat && (own == nullptr || is_only_in_json)) {
    own = find_own(kFlatFields, name);
    if (own == nullptr) own = find_spread(name);
  }
  if (own == nullptr) return {FieldKind::carried, std::string(name)};
  return {own->kind, std::string(name), own->task};
}

const RowFields::Known& RowFields::find(std::string_view key) {
  if (known_.size() >= kMostKnown) {
    const auto known = known_.find(std::string(key));
    return known == known_.end() ? too_many_ : known->second;
  }
  const auto [place, is_new] = known_.try_emplace(std::string(key));
  if (!is_new) return place->second;
  std::string name;
  append_unescaped(name, std::string("\"").append(key));
  place->second = {std::string(key), field_meaning(name, is_flat_)};
  return place->second;
}

const FieldMeaning& RowFields::meaning(std::size_t place, const char* from) {
  if (place < places_.size()) {
    const auto& key = places_[place]->key;
    if (std::strncmp(from, key.data(), key.size()) == 0) return places_[place]->meaning;
  }
  const auto& known = find(key_at(from));
  if (place < places_.size()) {
    places_[place] = &known;
  } else if (place == places_.size()) {
    places_.push_back(&known);
  }
  return known.meaning;
}

}  // namespace infer::detail
