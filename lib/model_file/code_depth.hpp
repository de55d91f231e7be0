// How deeply the code of a TorchScript archive is nested: LibTorch parses it by recursion, without a limit.
#pragma once

#include <cstddef>
#include <string_view>

namespace infer::detail {

/// Far more than real models have, whose expressions nest some tens deep, and far less than what fills a
/// thread's stack of 8 MiB.
constexpr std::size_t kMostCodeDepth = 1000;

/// At least as large as the tree of any statement is deep: brackets, operators and blocks around each other.
std::size_t code_depth(std::string_view code);

}  // namespace infer::detail
