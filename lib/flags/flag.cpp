#include "flags/flag.hpp"

#include "flags/flag_value.hpp"

namespace infer {

const std::vector<FlagGroup>& flag_groups() {
  using namespace detail;
  static const std::vector<FlagGroup> groups{
      model_and_input_flags(), picture_flags(), output_flags(),   task_flags(),
      error_flags(),           stop_flags(),    resource_flags(), general_flags()};
  return groups;
}

void for_each_flag(const std::function<void(const Flag&)>& use) {
  for (const auto& group : flag_groups()) {
    for (const auto& flag : group.flags) use(flag);
  }
}

}  // namespace infer
