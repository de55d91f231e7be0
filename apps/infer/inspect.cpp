#include "inspect.hpp"

#include <spdlog/fmt/fmt.h>

#include "model/model.hpp"

namespace infer {

std::string describe_model(const std::string& path) {
  const auto info = inspect_model(path);
  std::string text = fmt::format("{}\n  format   {}\n  size     {} bytes\n", path,
                                 model_format_name(info.format), info.file_bytes);
  if (!info.device.empty()) text += fmt::format("  device   {}\n", info.device);
  if (!info.compiled_for.empty()) text += fmt::format("  compiled {}\n", info.compiled_for);
  if (info.float_dtype) text += fmt::format("  weights  {}\n", dtype_name(*info.float_dtype));
  text += fmt::format("  inputs   {}\n", info.arguments.size());
  bool named = true;
  for (const auto& argument : info.arguments) {
    named &= !argument.name.empty();
    text += fmt::format("    {}{}\n", argument.name.empty() ? "(no name in the file)" : argument.name,
                        argument.has_default ? " (optional)" : "");
  }
  text +=
      named
          ? "  Types and shapes are learnt from the data, or given by --input-spec name:dtype:shape.\n"
          : "  Give --input-spec name:dtype:shape for each input, in call order. If an input is an index, "
            "add its\n"
            "  range (ids:int64:[*]:0..30521): an index outside the model's table ends an AOTInductor run.\n";
  return text;
}

}  // namespace infer
