#include "model/graph/module_file.hpp"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "model/failure.hpp"
#include "model/graph/code_device.hpp"
#include "model/tensor_convert.hpp"
#include "model_file/code_depth.hpp"

namespace infer::detail {

namespace jit = torch::jit;

namespace {

/// The file for LibTorch, without another opening.
class OpenFile final : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit OpenFile(const ModelFile& file) : file_(file) {}
  std::size_t size() const override { return file_.bytes(); }
  std::size_t read(std::uint64_t begin, void* place, std::size_t size, const char* /*what*/) const override {
    return file_.read_into({static_cast<char*>(place), size}, begin);
  }

 private:
  const ModelFile& file_;
};

void check_code(const std::shared_ptr<OpenFile>& file) {
  caffe2::serialize::PyTorchStreamReader archive(file);
  for (const auto& name : archive.getAllRecords()) {
    if (!name.starts_with("code/") || !name.ends_with(".py")) continue;
    const auto [code, size] = archive.getRecord(name);
    const auto depth = code_depth({static_cast<const char*>(code.get()), size});
    if (depth <= kMostCodeDepth) continue;
    throw LoadProblem("its code is nested " + std::to_string(depth) + " deep (" + name + "), more than the " +
                      std::to_string(kMostCodeDepth) +
                      " that LibTorch can safely read; a model that somebody else made may be meant to do "
                      "harm, one of your own can compute in more, shorter statements");
  }
}

void list_arguments(const jit::Method& forward, ModelInfo& info) {
  std::size_t position = 0;
  for (const auto& argument : arguments_of(forward)) {
    ModelArgument one{argument.name(), argument.default_value().has_value(), std::nullopt, position++};
    if (takes_tensor(argument)) {
      info.arguments.push_back(std::move(one));
      continue;
    }
    one.type = argument.type()->repr_str();
    if (!one.has_default) {
      throw LoadProblem(
          "forward's argument \"" + one.name + "\" of type " + one.type +
          " cannot be fed: every argument must be a tensor or have a default; wrap the model in a "
          "module that takes tensors only");
    }
    info.unfed.push_back(std::move(one));
  }
}

std::optional<DType> first_float_dtype(const jit::Module& module) {
  for (const auto& parameter : module.parameters()) {
    if (parameter.is_floating_point()) return dtype_of(parameter.scalar_type());
  }
  return std::nullopt;
}

}  // namespace

jit::Module load_module(const ModelFile& file, c10::Device device) {
  try {
    const auto open_file = std::make_shared<OpenFile>(file);
    check_code(open_file);
    auto module = jit::load(open_file, device);
    module.eval();
    move_code(module, device);
    return module;
  } catch (...) {
    throw_load_failure("save it again with this version of torch, or load the library of its operators");
  }
}

ModelInfo module_info(std::uint64_t file_bytes, const jit::Module& module, c10::Device device) {
  const auto forward = module.find_method("forward");
  if (!forward) {
    throw LoadProblem("this TorchScript module has no forward method; save a module that has one");
  }
  ModelInfo info;
  info.format = ModelFormat::torchscript;
  list_arguments(*forward, info);
  info.float_dtype = first_float_dtype(module);
  info.device = device.is_cuda() ? "cuda" : "cpu";
  info.file_bytes = file_bytes;
  return info;
}

std::span<const c10::Argument> arguments_of(const jit::Method& forward) {
  return std::span(forward.function().getSchema().arguments()).subspan(1);  // 0 is self
}

bool takes_tensor(const c10::Argument& argument) {
  return c10::TensorType::get()->isSubtypeOf(*argument.type());
}

}  // namespace infer::detail
