// The JSON fields that a run wants, as a tree by key, so that a record is walked once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/signature.hpp"

namespace infer {

struct FieldNode {
  std::string key;
  std::optional<std::size_t> wanted;   ///< the decoder takes its value
  std::optional<std::size_t> carried;  ///< is copied to the output as this carried field
  std::optional<std::size_t> unfed;    ///< must have no value, or the model would not get it
  std::vector<FieldNode> children;

  /// Empty when no field below this one is wanted under `key`.
  const FieldNode* find(std::string_view name) const;
};

/// Root of the tree; `wanted[i]`, `carried[i]` and `unfed[i]` are found again as their index. A carried field
/// may share its path with another; two wanted ones may not.
FieldNode make_field_tree(const std::vector<JsonPath>& wanted, const std::vector<JsonPath>& carried,
                          const std::vector<JsonPath>& unfed = {});

}  // namespace infer
