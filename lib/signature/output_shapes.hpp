// What the shapes of two forwards' outputs have in common. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "record/predicted_chunk.hpp"

namespace infer::detail {

/// The same outputs with as many dimensions, but for the number of rows and for lengths that are filled up.
bool same_kind(std::span<const NamedTensor> a, std::span<const NamedTensor> b);

/// `"output0" [2,3], "output1" [2]`
std::string shapes_of(std::span<const NamedTensor> outputs);

/// Of outputs of one kind, by position and without the batch dimension: what differs is variable.
std::vector<Shape> shapes_that_vary(std::span<const NamedTensor> a, std::span<const NamedTensor> b);

}  // namespace infer::detail
