#include "model/flatten_outputs.hpp"

#include <set>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer::detail {
namespace {

class OutputFlattener {
 public:
  OutputFlattener(HostCopies& copies, const std::filesystem::path& model) : copies_(copies), model_(model) {}

  void flatten(const c10::IValue& value) {
    add(value, value.isTensor() ? "output0" : "");
    if (names_.empty())
      throw RunError(model_.string() + ": the model returned no tensor; return at least one");
  }

 private:
  void add(const c10::IValue& value, const std::string& name) {
    if (value.isNone()) return;
    if (value.isTensor()) return add_tensor(value.toTensor(), name);
    if (value.isGenericDict()) return add_dict(value.toGenericDict(), name);
    if (value.isTuple()) return add_tuple(value.toTupleRef(), name);
    if (value.isList()) return add_sequence(value.toListRef(), name);
    throw RunError(model_.string() + ": the model returned a value of type " + value.tagKind() +
                   (name.empty() ? "" : " as \"" + name + "\"") +
                   "; return tensors, tuples or lists of tensors, or a dictionary of tensors by name");
  }

  void add_dict(const c10::Dict<c10::IValue, c10::IValue>& dict, const std::string& name) {
    for (const auto& item : dict) add(item.value(), member(name, key_text(item.key())));
  }

  void add_tuple(const c10::ivalue::Tuple& tuple, const std::string& name) {
    const auto fields = tuple.type()->names();
    if (!fields) return add_sequence(tuple.elements(), name);
    for (std::size_t i = 0; i < fields->size(); ++i)
      add(tuple.elements()[i], member(name, std::string((*fields)[i])));
  }

  static std::string member(const std::string& name, const std::string& own) {
    return name.empty() ? own : name + "." + own;
  }

  std::string key_text(const c10::IValue& key) const {
    if (key.isString()) return key.toStringRef();
    if (key.isInt()) return std::to_string(key.toInt());
    if (key.isDouble()) return number_text(key.toDouble());
    if (key.isBool()) return key.toBool() ? "true" : "false";
    throw RunError(model_.string() + ": the model returned a dictionary with a key of type " + key.tagKind() +
                   "; name the results by strings or numbers");
  }

  void add_tensor(const at::Tensor& tensor, const std::string& name) {
    if (!names_.insert(name).second) {  // a row would have the same key twice
      throw RunError(model_.string() + ": the model returned two results that are called \"" + name +
                     "\"; give each its own name");
    }
    copies_.add(name, tensor);
  }

  template <class Sequence>
  void add_sequence(const Sequence& items, const std::string& name) {
    std::size_t index = 0;
    for (const c10::IValue& item : items) {
      add(item, (name.empty() ? "output" : name + ".") + std::to_string(index++));
    }
  }

  HostCopies& copies_;
  const std::filesystem::path& model_;
  std::set<std::string> names_;
};

}  // namespace

void flatten_outputs(const c10::IValue& returned, HostCopies& copies, const std::filesystem::path& model) {
  OutputFlattener(copies, model).flatten(returned);
}

}  // namespace infer::detail
