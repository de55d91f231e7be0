// --decode gpu: what it needs, and its library on a rank's GPU.
#pragma once

#include <memory>

#include "comm/channel.hpp"
#include "image/nvjpeg/nvjpeg.hpp"
#include "model_file/model_file.hpp"
#include "start/runners.hpp"

namespace infer {

/// Throws UsageError unless there are pictures and a GPU.
void check_gpu_decoding(const ModelFile& model, const Runners& runners);

/// On the rank's first GPU, once its model is loaded, which chooses the CUDA runtime. Null on a rank that
/// decodes nothing there. Throws UsageError.
std::shared_ptr<const Nvjpeg> open_nvjpeg(const Runners& runners);

/// Collective. Throws AgreedError where the ranks' libraries, null or not, are of several versions: other
/// pixels.
void agree_on_nvjpeg(Channel& channel, const Nvjpeg* own);

}  // namespace infer
