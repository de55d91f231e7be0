#include "comm/nccl/nccl_gather.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "comm/agreement.hpp"
#include "comm/channel.hpp"
#include "comm/waiting.hpp"

namespace infer {
namespace {

constexpr Seconds kTimeToSpeakUp{2};
constexpr std::size_t kAlignment = 16;  // NCCL copies 16 bytes at a time where it can

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// Rank 0 makes the id and sends it, or the reason why there is none, so that nobody waits for it in vain.
ncclUniqueId share_id(const NcclApi& api, const NcclPeers& peers) {
  ncclUniqueId id{};
  std::string message;
  if (peers.rank == 0) {
    const auto result = api.get_unique_id(&id);
    if (result == ncclSuccess) {
      message.assign(1, '+').append(id.internal, sizeof id.internal);
    } else {
      message.assign(1, '-').append(nccl_reason(api, result, nullptr));
    }
  }
  message = peers.broadcast(message);
  if (message.empty() || message[0] != '+') {
    throw AgreedError(ExitCode::run_failed,
                      "cannot prepare NCCL on rank 0: ncclGetUniqueId: " + message.substr(1) +
                          "; set NCCL_DEBUG=WARN to learn more, or use --gather mpi");
  }
  INFER_ASSERT(message.size() == 1 + sizeof id.internal);
  std::memcpy(id.internal, message.data() + 1, sizeof id.internal);
  return id;
}

bool pays_to_all_gather(std::span<const std::uint64_t> sizes, std::uint64_t stride) {
  const std::uint64_t padded = stride * sizes.size();
  if (padded <= NcclGather::kSmallRoundBytes) return true;
  const auto total = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  return padded <= NcclGather::kMostAllGatherBytes && padded <= total * NcclGather::kMostPaddingFactor;
}

}  // namespace

/// Where each rank's block lies in rank 0's buffers. Rank 0's own is first, at 0.
struct NcclGather::Layout {
  bool padded = false;
  std::size_t stride = 0;  // of padded blocks
  std::vector<std::size_t> offsets;
  std::size_t total = 0;

  explicit Layout(std::span<const std::uint64_t> sizes) : stride(aligned(*std::ranges::max_element(sizes))) {
    padded = pays_to_all_gather(sizes, stride);
    for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
      offsets.push_back(total);
      total += padded ? stride : aligned(sizes[rank]);
    }
  }
};

NcclGather::NcclGather(const NcclApi& nccl, const CudaApi& cuda, const NcclPeers& peers, int device,
                       NcclLimits limits)
    : nccl_(nccl),
      cuda_(cuda),
      rank_(peers.rank),
      size_(peers.size),
      device_number_(device),
      meet_(peers.meet),
      limits_(limits),
      stream_(cuda_, device),
      host_(cuda_, GrowingBuffer::Kind::pinned_host),
      device_(cuda_, GrowingBuffer::Kind::device),
      comm_(nccl_, share_id(nccl_, peers), rank_, size_, limits) {}

NcclGather::~NcclGather() {
  if (comm_.close()) return;
  stream_.forget();
  host_.forget();
  device_.forget();
}

std::vector<Bytes> NcclGather::gather(ByteView mine, std::span<const std::uint64_t> sizes) {
  INFER_ASSERT(comm_.usable());
  INFER_ASSERT(sizes.size() == static_cast<std::size_t>(size_));
  INFER_ASSERT(sizes[static_cast<std::size_t>(rank_)] == mine.size());
  const Deadline deadline(limits_.round);
  const Layout layout(sizes);
  if (layout.stride == 0) return std::vector<Bytes>(rank_ == 0 ? sizes.size() : 0);
  check_cuda(cuda_, cuda_.set_device(device_number_), "use CUDA device " + std::to_string(device_number_));
  host_.reserve(rank_ == 0 ? layout.total : mine.size());
  device_.reserve(rank_ == 0 || layout.padded ? layout.total : mine.size());
  meet_(deadline);
  try {
    exchange(mine, sizes, layout, deadline);
    if (rank_ == 0) download(sizes, layout);
    wait_for_stream(layout.padded ? "ncclAllGather" : rank_ == 0 ? "ncclRecv" : "ncclSend", deadline);
  } catch (const NcclTimeout&) {
    meet_(Deadline(kTimeToSpeakUp));  // all who are alive come here now
    throw;
  }
  return rank_ == 0 ? blocks(mine, sizes, layout) : std::vector<Bytes>();
}

void NcclGather::exchange(ByteView mine, std::span<const std::uint64_t> sizes, const Layout& layout,
                          const Deadline& deadline) {
  if (layout.padded) {
    all_gather(mine, layout, deadline);
  } else if (rank_ == 0) {
    receive(sizes, layout, deadline);
  } else if (!mine.empty()) {
    send(mine, deadline);
  }
}

// In place, as NCCL defines it: each rank sends from its own block of the receive buffer.
void NcclGather::all_gather(ByteView mine, const Layout& layout, const Deadline& deadline) {
  std::byte* own = device_.data() + layout.stride * static_cast<std::size_t>(rank_);
  upload(mine, own);
  comm_.settle(nccl_.all_gather(own, device_.data(), layout.stride, ncclUint8, comm_.get(), stream_.get()),
               "ncclAllGather", deadline);
}

void NcclGather::send(ByteView mine, const Deadline& deadline) {
  upload(mine, device_.data());
  comm_.settle(nccl_.send(device_.data(), mine.size(), ncclUint8, 0, comm_.get(), stream_.get()), "ncclSend",
               deadline);
}

void NcclGather::receive(std::span<const std::uint64_t> sizes, const Layout& layout,
                         const Deadline& deadline) {
  comm_.check_queued(nccl_.group_start(), "ncclGroupStart");
  for (std::size_t rank = 1; rank < sizes.size(); ++rank) {
    if (sizes[rank] == 0) continue;
    comm_.check_queued(nccl_.recv(device_.data() + layout.offsets[rank], sizes[rank], ncclUint8,
                                  static_cast<int>(rank), comm_.get(), stream_.get()),
                       "ncclRecv");
  }
  comm_.settle(nccl_.group_end(), "ncclRecv", deadline);
}

void NcclGather::upload(ByteView mine, std::byte* target) {
  if (mine.empty()) return;
  std::memcpy(host_.data(), mine.data(), mine.size());
  check_cuda(cuda_,
             cuda_.memcpy_async(target, host_.data(), mine.size(), cudaMemcpyHostToDevice, stream_.get()),
             "copy predictions to the GPU for the gather");
}

// Only the bytes that each rank announced: the padding never leaves the device.
void NcclGather::download(std::span<const std::uint64_t> sizes, const Layout& layout) {
  for (std::size_t rank = 1; rank < sizes.size(); ++rank) {
    if (sizes[rank] == 0) continue;
    const std::size_t at = layout.offsets[rank];
    check_cuda(cuda_,
               cuda_.memcpy_async(host_.data() + at, device_.data() + at, sizes[rank], cudaMemcpyDeviceToHost,
                                  stream_.get()),
               "copy gathered predictions from the GPU");
  }
}

std::vector<Bytes> NcclGather::blocks(ByteView mine, std::span<const std::uint64_t> sizes,
                                      const Layout& layout) const {
  std::vector<Bytes> blocks{Bytes(mine.begin(), mine.end())};
  for (std::size_t rank = 1; rank < sizes.size(); ++rank) {
    const std::byte* block = host_.data() + layout.offsets[rank];
    blocks.emplace_back(block, block + sizes[rank]);
  }
  return blocks;
}

void NcclGather::wait_for_stream(std::string_view call, const Deadline& deadline) {
  Backoff backoff;
  for (auto now = cuda_.stream_query(stream_.get()); now != cudaSuccess;
       now = cuda_.stream_query(stream_.get())) {
    if (now != cudaErrorNotReady) comm_.fail(call, cuda_.get_error_string(now));
    cuda_.get_last_error();  // else "not ready" stays behind as this thread's last error
    comm_.check_health(call);
    if (deadline.passed()) comm_.fail_late(call, deadline);
    backoff.wait();
  }
}

}  // namespace infer
