#include "model/graph/code_device.hpp"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <optional>
#include <set>

namespace infer::detail {
namespace {

namespace jit = torch::jit;

bool takes_tensor(const c10::FunctionSchema& schema) {
  return std::ranges::any_of(schema.arguments(), [](const c10::Argument& argument) {
    return c10::TensorType::get()->isSubtypeOf(*argument.type());
  });
}

/// Where an operator that makes tensors from nothing takes their device.
std::optional<std::size_t> device_argument(const jit::Node& node) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr || takes_tensor(*schema)) return std::nullopt;
  const auto index = schema->argumentIndexWithName("device");
  return index ? std::optional(static_cast<std::size_t>(*index)) : std::nullopt;
}

class CodeMover {
 public:
  explicit CodeMover(c10::Device device) : device_(device) {}

  void move(jit::Module module) {
    for (const auto& attribute : module.named_attributes(/*recurse=*/false)) {
      if (attribute.value.isDevice()) module.setattr(attribute.name, device_);
    }
    for (const auto& method : module.get_methods()) move(method.function());
  }

 private:
  void move(jit::Function& function) {
    if (!function.isGraphFunction() || !seen_.insert(&function).second) return;
    move(*jit::toGraphFunction(function).graph()->block());
  }

  void move(jit::Block& block) {
    for (auto* node : block.nodes()) {
      move(*node);
      for (auto* inner : node->blocks()) move(*inner);
    }
  }

  void move(jit::Node& node) {
    if (node.kind() == c10::prim::Constant) return move_constant(node);
    const auto at = device_argument(node);
    if (at && node.input(*at)->mustBeNone()) node.replaceInput(*at, constant_before(node));
    if (node.kind() == c10::Symbol::fromQualString("aten::device"))
      node.output()->replaceAllUsesWith(constant_before(node));
  }

  void move_constant(jit::Node& node) {
    const auto& type = node.output()->type();
    if (type->kind() == c10::TypeKind::DeviceObjType && node.hasAttribute(c10::attr::value))
      node.s_(c10::attr::value, device_.str());
    if (const auto function = type->cast<c10::FunctionType>()) move(*function->function());
  }

  jit::Value* constant_before(jit::Node& node) const {
    const jit::WithInsertPoint here(&node);
    return node.owningGraph()->insertConstant(device_);
  }

  const c10::Device device_;
  std::set<const jit::Function*> seen_;
};

}  // namespace

void move_code(const jit::Module& module, c10::Device device) {
  CodeMover mover(device);
  for (const auto& part : module.modules()) mover.move(part);
}

}  // namespace infer::detail
