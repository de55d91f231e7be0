// From labelled tokens to labelled stretches of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/decoded_chunk.hpp"
#include "record/tensor.hpp"

namespace infer {

struct Entity {
  std::string_view name;    ///< of the label, without its B- or I-
  double score = 0;         ///< mean of the tokens' probabilities
  std::uint32_t begin = 0;  ///< bytes [begin, end) of the text
  std::uint32_t end = 0;
};

/// Entities of row `row` of logits [batch, tokens, labels], in the text's order. Each token has its likeliest
/// label; neighbours of one name make one entity, and B- begins a new one; "O" is none. That is Hugging
/// Face's aggregation "simple". Empty optional when a logit of a place is NaN or infinite. The names point
/// into `labels`.
std::optional<std::vector<Entity>> find_entities(const HostTensor& logits, std::size_t row,
                                                 std::span<const TokenPlace> places,
                                                 std::span<const std::string> labels);

}  // namespace infer
