// One NCCL communicator from joining to leaving, in which no wait is without an end.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "comm/nccl/nccl_api.hpp"

namespace infer {

struct NcclLimits {
  Seconds round;
  Seconds leave{10.0};  ///< to finalize or abort; NCCL #992, #1013: an abort may need 10 s
  Seconds join{300};
};

/// The deadline passed: a rank is missing, and NCCL does not tell which.
class NcclTimeout : public RunError {
 public:
  using RunError::RunError;
};

/// Non-blocking: each NCCL call is followed by settle(), and no other call is made before that returns.
/// Main thread only.
class NcclComm {
 public:
  /// Collective; returns when all ranks have joined. `api` must outlive this.
  NcclComm(const NcclApi& api, const ncclUniqueId& id, int rank, int size, NcclLimits limits);
  NcclComm(const NcclComm&) = delete;
  NcclComm& operator=(const NcclComm&) = delete;
  ~NcclComm() { close(); }

  ncclComm_t get() const { return comm_; }
  /// False after a failure.
  bool usable() const { return comm_ != nullptr; }

  /// Waits until NCCL has taken in the call that returned `result`; fails on an error or at the deadline.
  void settle(ncclResult_t result, std::string_view call, const Deadline& deadline);
  /// For a call inside a group, whose waiting is left to the end of the group.
  void check_queued(ncclResult_t result, std::string_view call);
  /// Fails when NCCL has noticed an error of the network or of another rank.
  void check_health(std::string_view during);
  /// Aborts the communicator and throws RunError; `reason` says what went wrong during `call`.
  [[noreturn]] void fail(std::string_view call, const std::string& reason);
  /// The same, as NcclTimeout.
  [[noreturn]] void fail_late(std::string_view call, const Deadline& deadline);

  /// Leaves: with the others on the normal path, by abort while an error unwinds. False when NCCL may still
  /// be using the device: its memory must then not be touched. Idempotent.
  bool close() noexcept;

 private:
  ncclResult_t state() const;
  std::string message(std::string_view call, const std::string& reason) const;
  bool finalize() noexcept;
  bool end_with(ncclResult_t (*last_call)(ncclComm_t)) noexcept;

  const NcclApi& api_;
  const int rank_;
  const int size_;
  const NcclLimits limits_;
  const int uncaught_at_start_;
  ncclComm_t comm_ = nullptr;
  bool off_device_ = true;
};

/// "<text of the code> (<NCCL's last message>)"
std::string nccl_reason(const NcclApi& api, ncclResult_t result, ncclComm_t comm);

}  // namespace infer
