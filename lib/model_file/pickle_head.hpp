// What a Python pickle holds, told by its first opcodes; nothing of it is executed.
#pragma once

#include <string>
#include <string_view>

namespace infer::detail {

enum class PickleKind {
  ordered_dict,  ///< a state_dict
  dict,          ///< a training checkpoint, most often
  tensor,
  module,  ///< an object of some Python class
  other,
};

struct PickleHead {
  PickleKind kind = PickleKind::other;
  std::string class_name;  ///< of a module: "torch.nn.modules.container.Sequential"
};

PickleHead read_pickle_head(std::string_view pickle);

}  // namespace infer::detail
