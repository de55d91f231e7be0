// What an AOTInductor package says about itself, and whether this machine can run it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/archive.hpp"
#include "model_file/model_facts.hpp"

namespace infer::detail {

struct PackageFacts {
  std::string device;              ///< "cpu" or "cuda"
  std::string cpu_isa;             ///< "AVX512 AVX512_VNNI"; empty when not stated
  std::string machine;             ///< "x86_64"; empty when not stated
  std::string compute_capability;  ///< "9.0"; empty when not stated
};

/// From the JSON that stands beside the package's code; `package` is for messages.
PackageFacts parse_package_facts(std::string_view metadata, const std::filesystem::path& package);

/// Of a model in a package. Throws UsageError where it says nothing.
PackageFacts read_package_facts(const ZipFile& file, const Archive& archive, const std::string& name);

/// Throws UsageError when this machine's CPU lacks an instruction set that the package was compiled for.
void check_machine(const PackageFacts& facts, const std::filesystem::path& package);

/// Those of the space-separated instruction sets that are not among the features of /proc/cpuinfo.
std::string missing_features(std::string_view isa, std::string_view cpuinfo);

/// The flat tensors that a call wants, from the pytree JSON of `package`: keyword arguments have names.
std::vector<ModelArgument> arguments_of_spec(std::string_view in_spec, const std::filesystem::path& package);

}  // namespace infer::detail
