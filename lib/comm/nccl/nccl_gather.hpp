// Gather over NCCL: pinned staging memory, device buffers, and a collective on a stream of its own.
#pragma once

#include <functional>
#include <string>

#include "comm/gather.hpp"
#include "comm/nccl/cuda_memory.hpp"
#include "comm/nccl/nccl_comm.hpp"

namespace infer {

/// The ranks as NCCL needs them to find each other.
struct NcclPeers {
  int rank = 0;
  int size = 1;
  /// Collective: rank 0's text, on every rank.
  std::function<std::string(const std::string&)> broadcast;
  /// Collective: returns on rank 0 when all ranks have come, and throws by the deadline naming those who have
  /// not. NCCL itself can tell only that somebody is missing.
  std::function<void(const Deadline&)> meet;
};

class NcclGather : public Gather {
 public:
  /// Up to this many bytes, all blocks padded to the largest, a round is one ncclAllGather: one kernel, but
  /// the bytes of every rank go to every rank. Above it only rank 0 receives. A guess, not measured.
  static constexpr std::uint64_t kMostAllGatherBytes = std::uint64_t{32} << 20;
  /// Below kMostAllGatherBytes too, padding may not make a round more than this many times larger, unless the
  /// round stays under kSmallRoundBytes. Guesses, not measured.
  static constexpr std::uint64_t kMostPaddingFactor = 4;
  static constexpr std::uint64_t kSmallRoundBytes = std::uint64_t{1} << 20;

  /// Collective: returns when all ranks have joined. Makes `device` the calling thread's current device.
  /// The tables are copied; what their functions need must outlive this.
  NcclGather(const NcclApi& nccl, const CudaApi& cuda, const NcclPeers& peers, int device, NcclLimits limits);
  ~NcclGather() override;

  std::vector<Bytes> gather(ByteView mine, std::span<const std::uint64_t> sizes) override;
  std::string_view name() const override { return "nccl"; }

 private:
  struct Layout;
  void exchange(ByteView mine, std::span<const std::uint64_t> sizes, const Layout& layout,
                const Deadline& deadline);
  void all_gather(ByteView mine, const Layout& layout, const Deadline& deadline);
  void send(ByteView mine, const Deadline& deadline);
  void receive(std::span<const std::uint64_t> sizes, const Layout& layout, const Deadline& deadline);
  void upload(ByteView mine, std::byte* target);
  void download(std::span<const std::uint64_t> sizes, const Layout& layout);
  std::vector<Bytes> blocks(ByteView mine, std::span<const std::uint64_t> sizes, const Layout& layout) const;
  void wait_for_stream(std::string_view call, const Deadline& deadline);

  const NcclApi nccl_;
  const CudaApi cuda_;
  const int rank_;
  const int size_;
  const int device_number_;
  const std::function<void(const Deadline&)> meet_;
  const NcclLimits limits_;
  CudaStream stream_;
  GrowingBuffer host_;
  GrowingBuffer device_;
  NcclComm comm_;  // last: it leaves before its memory goes
};

}  // namespace infer
