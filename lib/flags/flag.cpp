#include "flags/flag.hpp"

#include "flags/flag_value.hpp"

namespace infer {
namespace {

std::string form_name(ValueForm form) {
  switch (form) {
    case ValueForm::on_off: return "";
    case ValueForm::text:
    case ValueForm::texts:
    case ValueForm::outputs: return "TEXT";
    case ValueForm::comma_list: return "A,B";
    case ValueForm::count:
    case ValueForm::whole: return "N";
    case ValueForm::bytes: return "SIZE";
    case ValueForm::seconds: return "TIME";
  }
  return "";
}

}  // namespace

std::string Flag::value_name() const {
  constexpr std::size_t kMostLetters = 20;  // a longer list is for the help's text
  if (!value.name.empty()) return value.name;
  if (value.choices.empty()) return form_name(value.form);
  const auto all = joined(value.choices, "|");
  return all.size() <= kMostLetters ? all : "NAME";
}

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
