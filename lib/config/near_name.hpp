// What was meant, it may be, by a name that is none, and which names there are: for flags, choices, commands,
// fields.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace infer {

/// Deletions, insertions and replacements of letters, and swaps of neighbours, from one to the other.
std::size_t letters_apart(std::string_view one, std::string_view other);

/// Those of `known` that `given` may mean: the one of nearly the same letters, else at most three that have
/// it within theirs; none where nothing is near, or it is one of them.
std::vector<std::string> near_names(std::string_view given, std::span<const std::string> known);

/// "; did you mean --input?", with `before` ahead of each name; empty without names.
std::string did_you_mean(std::span<const std::string> names, std::string_view before = "");

/// `"a", "b"`; "none" when empty.
std::string quoted_list(std::span<const std::string> names);

}  // namespace infer
