#include "model/graph/graph_behaviour.hpp"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace infer::detail {
namespace {

namespace jit = torch::jit;

void for_each_node(const jit::Block& block, const std::function<void(const jit::Node&)>& visit) {
  for (const jit::Node* node : block.nodes()) {
    visit(*node);
    for (const jit::Block* inner : node->blocks()) for_each_node(*inner, visit);
  }
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// The value of an argument where it stands fixed in the graph.
std::optional<c10::IValue> fixed_argument(const jit::Node& node, const std::string& name) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr) return std::nullopt;
  const auto index = schema->argumentIndexWithName(name);
  if (!index || std::cmp_greater_equal(*index, node.inputs().size())) return std::nullopt;
  return jit::toIValue(node.input(static_cast<std::size_t>(*index)));
}

bool is_true(const std::optional<c10::IValue>& value) { return value && value->isBool() && value->toBool(); }

/// Whether the share of values to drop stands there as something else than 0.
bool drops(const jit::Node& node) {
  for (const char* name : {"p", "dropout", "dropout_p"}) {
    const auto share = fixed_argument(node, name);
    if (share && share->isDouble()) return share->toDouble() > 0;
  }
  return true;
}

bool is_in_training(const jit::Node& node) {
  return is_true(fixed_argument(node, "train")) || is_true(fixed_argument(node, "training"));
}

/// Those that normalise, as batch_norm, take the batch's own statistics while they train.
bool takes_statistics(const jit::Node& node) {
  return node.maybeSchema() != nullptr && node.maybeSchema()->argumentIndexWithName("momentum").has_value();
}

bool is_attention_that_drops(const jit::Node& node) {
  return node.kind() == c10::Symbol::fromQualString("aten::scaled_dot_product_attention") && drops(node);
}

bool draws(const jit::Node& node) { return node.isNondeterministic() || is_attention_that_drops(node); }

bool is_half_type(std::int64_t type) {
  return type == static_cast<std::int64_t>(c10::ScalarType::Half) ||
         type == static_cast<std::int64_t>(c10::ScalarType::BFloat16);
}

/// A cast to half precision, autocast, or whole numbers in place of floats.
bool reduces_precision(const jit::Node& node) {
  const std::string name = node.kind().toQualString();
  if (name.starts_with("quantized::") || name == "aten::_autocast_to_reduced_precision") return true;
  const auto type = fixed_argument(node, "dtype");
  return type && type->isInt() && is_half_type(type->toInt());
}

void look_at(const jit::Node& node, ModelBehaviour& behaviour) {
  const std::string name = node.kind().toQualString();
  behaviour.reduced_precision |= reduces_precision(node);
  if (is_in_training(node) && takes_statistics(node)) {
    add_once(behaviour.statistics, name);
  } else if (is_in_training(node) && drops(node)) {
    add_once(behaviour.training, name);
  }
  if (draws(node) && drops(node)) add_once(behaviour.chance, name);
}

bool is_submodule(const jit::Node& node) {
  if (node.kind() != c10::prim::GetAttr) return false;
  const auto type = node.output()->type()->cast<c10::ClassType>();
  return type && type->is_module();
}

/// Freezing leaves only those attributes in the graph that a forward changes.
void find_state(const jit::Graph& graph, ModelBehaviour& behaviour) {
  const jit::AliasDb aliases(std::const_pointer_cast<jit::Graph>(graph.shared_from_this()));
  for_each_node(*graph.block(), [&](const jit::Node& node) {
    const auto kind = node.kind();
    if ((kind == c10::prim::GetAttr && !is_submodule(node)) || kind == c10::prim::SetAttr) {
      add_once(behaviour.state, "the attribute " + node.s(c10::attr::name));
    } else if (kind == c10::prim::CallMethod) {
      add_once(behaviour.state, "what " + node.s(c10::attr::name) + "() of a submodule does");
    } else if (kind == c10::prim::Constant && node.output()->type()->isSubtypeOf(*c10::TensorType::get()) &&
               aliases.hasWriters(node.output())) {
      add_once(behaviour.state, "a constant tensor");
    }
  });
}

std::shared_ptr<jit::Graph> graph_of(const jit::Module& frozen) {
  return frozen.get_method("forward").graph();
}

}  // namespace

ModelBehaviour behaviour_of(const jit::Module& frozen) {
  ModelBehaviour behaviour;
  const auto graph = graph_of(frozen);
  for_each_node(*graph->block(), [&](const jit::Node& node) { look_at(node, behaviour); });
  find_state(*graph, behaviour);
  return behaviour;
}

void drop_inlined_stacks(const jit::Module& frozen) {
  const auto forward = frozen.get_method("forward");
  const std::function<void(jit::Block&)> shorten = [&](jit::Block& block) {
    for (jit::Node* node : block.nodes()) {
      if (node->callstack())
        node->setCallStack(
            c10::make_intrusive<jit::InlinedCallStack>(&forward.function(), node->sourceRange()));
      for (jit::Block* inner : node->blocks()) shorten(*inner);
    }
  };
  shorten(*forward.graph()->block());
}

bool may_write(const jit::Module& frozen) {
  bool writes = false;
  for_each_node(*graph_of(frozen)->block(), [&](const jit::Node& node) {
    const auto* schema = node.maybeSchema();
    writes |= node.kind() == c10::prim::CallMethod || node.kind() == c10::prim::CallFunction ||
              (schema != nullptr && schema->is_mutable());
  });
  return writes;
}

}  // namespace infer::detail
