// Brings one block of bytes of every rank to rank 0: one interface, an MPI and an NCCL implementation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace infer {

/// Main thread only.
class Gather {
 public:
  Gather() = default;
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;
  virtual ~Gather() = default;

  /// Collective: every rank calls it, also with nothing to send. `sizes` has one entry per rank, the same on
  /// all ranks, and sizes[rank] == mine.size(). Returns one block per rank on rank 0, nothing elsewhere.
  /// Throws RunError when it is not done by the deadline given at construction, or a peer or the network
  /// fails; the object can not be used after that.
  virtual std::vector<Bytes> gather(ByteView mine, std::span<const std::uint64_t> sizes) = 0;

  /// "mpi" or "nccl".
  virtual std::string_view name() const = 0;
};

}  // namespace infer
