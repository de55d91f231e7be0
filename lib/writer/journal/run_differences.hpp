// What differs between what two runs' outputs are a function of. Pure.
#pragma once

#include <string>
#include <vector>

#include "writer/journal/journal_text.hpp"

namespace infer {

/// What differs, as lines "--top-k: 3 then, 5 now"; binding facts first.
struct Differences {
  std::vector<std::string> binding;
  std::vector<std::string> other;
};
Differences compare_facts(const RunRecord& then, const RunRecord& now);

}  // namespace infer
