// What the ranks found, as one finding. Pure.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "check/check_line.hpp"

namespace infer {

/// "rank 1 (node7), rank 2 (node7) and 3 more".
using NameRanks = std::function<std::string(const std::vector<int>& ranks)>;

/// Of all ranks, in their order. Where they differ, those are named which have the heaviest verdict, each
/// with what it found; ranks that found nothing worth a word, which is well, are like any other.
/// `if_different`: the least verdict of ranks that are well but not alike.
Finding joint_finding(std::span<const Finding> ranks, Verdict if_different, const NameRanks& name_ranks);

}  // namespace infer
