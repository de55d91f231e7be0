#include "decoder/field_tree.hpp"

#include <algorithm>

namespace infer {
namespace {

FieldNode& descend(FieldNode& root, const JsonPath& path) {
  auto* node = &root;
  for (const auto& key : path) {
    auto child = std::ranges::find(node->children, key, &FieldNode::key);
    if (child == node->children.end()) {
      node->children.push_back({.key = key, .wanted = {}, .carried = {}, .unfed = {}, .children = {}});
      child = std::prev(node->children.end());
    }
    node = &*child;
  }
  return *node;
}

}  // namespace

const FieldNode* FieldNode::find(std::string_view name) const {
  const auto child = std::ranges::find(children, name, &FieldNode::key);
  return child == children.end() ? nullptr : &*child;
}

FieldNode make_field_tree(const std::vector<JsonPath>& wanted, const std::vector<JsonPath>& carried,
                          const std::vector<JsonPath>& unfed) {
  FieldNode root;
  for (std::size_t i = 0; i < wanted.size(); ++i) descend(root, wanted[i]).wanted = i;
  for (std::size_t i = 0; i < carried.size(); ++i) descend(root, carried[i]).carried = i;
  for (std::size_t i = 0; i < unfed.size(); ++i) descend(root, unfed[i]).unfed = i;
  return root;
}

}  // namespace infer
