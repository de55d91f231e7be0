// What is chosen where no flag says otherwise and the choice depends on the device. Other defaults stand in
// config.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace infer {

/// Of --max-batch-size. Short texts on a GPU: the tokens limit the batch.
constexpr std::size_t kBatchRows = 256;
constexpr std::size_t kGpuTextRows = 1024;
/// Of pictures as many as have so many pixels together, and at least one: what a network makes of more leaves
/// the caches. lib/decisions/batcher.md.
constexpr std::size_t kCpuPicturePixels = 4 * 224 * 224;

/// Of --max-batch-tokens. A CPU gains nothing from larger batches, and they need more padding:
/// lib/decisions/batcher.md.
constexpr std::size_t kCpuBatchTokens = 512;
constexpr std::size_t kGpuBatchTokens = 16'384;

/// Of --replicas on a GPU: while one batch computes, the next one's tensors are made and copied.
constexpr int kGpuReplicas = 2;

/// Records of a chunk, about; on a GPU several full batches of texts sorted by length.
constexpr std::uint64_t kChunkRows = 1024;
constexpr std::uint64_t kGpuChunkRows = 4096;
/// Of pictures at most a full batch of a GPU, and no more than have so many bytes as the model takes them: a
/// rank holds several chunks.
constexpr std::uint64_t kChunkPictures = kBatchRows;
constexpr std::uint64_t kChunkPictureBytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t kGpuChunkPictureBytes = std::uint64_t{64} << 20U;

}  // namespace infer
