// The JSON fields that a run wants, as a tree by key, so that a record is walked once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace infer {

/// "user.name" means the key "name" inside the object at "user".
using JsonPath = std::vector<std::string>;

JsonPath split_json_path(std::string_view text);

struct FieldNode {
  std::string key;
  std::optional<std::size_t> input;    ///< becomes this model input
  std::optional<std::size_t> carried;  ///< is copied to the output as this carried field
  std::vector<FieldNode> children;

  /// Empty when no field below this one is wanted under `key`.
  const FieldNode* find(std::string_view name) const;
};

/// Root of the tree; `inputs[i]` and `carried[i]` are found again as their index. An
/// input and a carried field may share a path, two inputs may not.
FieldNode make_field_tree(const std::vector<JsonPath>& inputs, const std::vector<JsonPath>& carried);

}  // namespace infer
