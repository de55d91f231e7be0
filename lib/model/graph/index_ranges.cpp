#include "model/graph/index_ranges.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <array>
#include <optional>

namespace infer::detail {
namespace {

namespace jit = torch::jit;

bool is_one_of(const jit::Node& node, std::initializer_list<const char*> names) {
  return std::ranges::any_of(
      names, [&](const char* name) { return node.kind() == c10::Symbol::fromQualString(name); });
}

/// Whether the node's result has all values of its first input, and no others.
bool keeps_values(const jit::Node& node) {
  return is_one_of(node, {"aten::to", "aten::long", "aten::int", "aten::contiguous", "aten::clone",
                          "aten::detach", "aten::view", "aten::reshape", "aten::flatten", "aten::squeeze",
                          "aten::unsqueeze", "aten::transpose", "aten::permute", "aten::t", "aten::expand"});
}

/// Where the values come from: an input of the graph, or what made them.
const jit::Value* origin(const jit::Value* value) {
  while (!value->node()->inputs().empty() && keeps_values(*value->node())) value = value->node()->input(0);
  return value;
}

std::optional<std::int64_t> rows_of_table(const jit::Value* value) {
  const auto constant = jit::toIValue(value);
  if (!constant || !constant->isTensor()) return std::nullopt;
  const auto table = constant->toTensor();
  return table.dim() == 2 && table.size(0) > 0 ? std::optional(table.size(0)) : std::nullopt;
}

void narrow(std::optional<ValueRange>& range, std::int64_t rows) {
  range = ValueRange{0, std::min(range ? range->high : rows - 1, rows - 1)};
}

}  // namespace

void find_index_ranges(const jit::Module& frozen, std::vector<ModelArgument>& arguments) {
  const auto graph = frozen.get_method("forward").graph();
  const auto inputs = graph->inputs().slice(1);            // 0 is self
  for (const jit::Node* node : graph->block()->nodes()) {  // those that always run: not the branches inside
    if (!is_one_of(*node, {"aten::embedding", "aten::embedding_bag"})) continue;
    const auto rows = rows_of_table(node->input(0));
    const auto input = std::ranges::find(inputs, origin(node->input(1)));
    const auto position = static_cast<std::size_t>(input - inputs.begin());
    const auto argument = std::ranges::find(arguments, position, &ModelArgument::position);
    if (rows && argument != arguments.end()) narrow(argument->range, *rows);
  }
}

}  // namespace infer::detail
