// The shared libraries of operators and classes that a model needs: of --preload-lib, and of its bundle.
#pragma once

#include <string>
#include <vector>

#include "model_file/model_file.hpp"

namespace infer {

/// In the order in which they are loaded: those of --preload-lib, then what the bundle needs and no one of
/// them is, from beside the model where it is there. Throws as ModelFile::needs() does.
std::vector<std::string> libraries_to_load(const std::vector<std::string>& preload, const ModelFile& model);

/// Names and digests, without folders: the same for the same libraries on another host. What the system finds
/// by its name alone has no digest, nor what cannot be read.
std::string libraries_text(const std::vector<std::string>& libraries);

}  // namespace infer
