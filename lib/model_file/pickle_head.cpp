#include "model_file/pickle_head.hpp"

namespace infer::detail {
namespace {

constexpr char kProto = '\x80';
constexpr char kEmptyDict = '}';
constexpr char kGlobal = 'c';

/// The part before the next line end, which is taken off too.
std::string take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string line(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

PickleHead classify_global(std::string_view operands) {
  const std::string module_name = take_line(operands);
  const std::string name = take_line(operands);
  if (module_name == "collections" && name == "OrderedDict") return {PickleKind::ordered_dict, {}};
  if (module_name == "torch._utils") {
    return {name.starts_with("_rebuild_") ? PickleKind::tensor : PickleKind::other, {}};
  }
  return {PickleKind::module, module_name + "." + name};
}

}  // namespace

PickleHead read_pickle_head(std::string_view pickle) {
  constexpr std::size_t kProtoSize = 2;  // the opcode and the protocol's number
  if (pickle.size() > kProtoSize && pickle.front() == kProto) pickle.remove_prefix(kProtoSize);
  if (pickle.starts_with(kEmptyDict)) return {PickleKind::dict, {}};
  if (pickle.starts_with(kGlobal)) return classify_global(pickle.substr(1));
  return {};
}

}  // namespace infer::detail
