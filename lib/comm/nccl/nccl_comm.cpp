#include "comm/nccl/nccl_comm.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "comm/channel.hpp"
#include "comm/waiting.hpp"

namespace infer {
namespace {

// Predictions are small; each CTA of NCCL takes a multiprocessor from the model while a gather runs.
constexpr int kMaxCtas = 2;

bool pending_or_done(ncclResult_t result) { return result == ncclSuccess || result == ncclInProgress; }

ncclConfig_t gentle_config() {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  config.maxCTAs = kMaxCtas;
  config.commName = "infer";
  return config;
}

/// Runs `task` in a thread of its own. False when it is not done in time: the thread is then left behind.
bool run_bounded(const std::function<void()>& task, Seconds limit) {
  std::packaged_task<void()> run(task);
  const auto done = run.get_future();
  std::thread thread(std::move(run));
  const bool in_time = done.wait_for(limit) == std::future_status::ready;
  in_time ? thread.join() : thread.detach();
  return in_time;
}

}  // namespace

NcclComm::NcclComm(const NcclApi& api, const ncclUniqueId& id, int rank, int size, NcclLimits limits)
    : api_(api), rank_(rank), size_(size), limits_(limits), uncaught_at_start_(std::uncaught_exceptions()) {
  ncclConfig_t config = gentle_config();
  const auto result = api_.comm_init_rank_config(&comm_, size, id, rank, &config);
  settle(result, "ncclCommInitRankConfig", Deadline(limits_.join));
}

ncclResult_t NcclComm::state() const {
  ncclResult_t state = ncclSuccess;
  const auto result = api_.comm_get_async_error(comm_, &state);
  return result == ncclSuccess ? state : result;
}

void NcclComm::settle(ncclResult_t result, std::string_view call, const Deadline& deadline) {
  check_queued(result, call);
  Backoff backoff;
  for (auto now = state(); now != ncclSuccess; now = state()) {
    check_queued(now, call);
    if (deadline.passed()) fail_late(call, deadline);
    backoff.wait();
  }
}

void NcclComm::check_queued(ncclResult_t result, std::string_view call) {
  if (!pending_or_done(result)) fail(call, nccl_reason(api_, result, comm_));
}

void NcclComm::check_health(std::string_view during) { check_queued(state(), during); }

void NcclComm::fail(std::string_view call, const std::string& reason) {
  if (comm_ != nullptr) end_with(api_.comm_abort);
  throw RunError(message(call, reason));
}

void NcclComm::fail_late(std::string_view call, const Deadline& deadline) {
  if (comm_ != nullptr) end_with(api_.comm_abort);
  throw NcclTimeout(
      message(call, "not done within " + limit_text(deadline) + ": a rank is missing or hangs"));
}

std::string NcclComm::message(std::string_view call, const std::string& reason) const {
  return "cannot gather predictions over NCCL: " + std::string(call) + " on rank " + std::to_string(rank_) +
         " of " + std::to_string(size_) + ": " + reason +
         "; another rank may have failed first: see its message; to learn more, set NCCL_DEBUG=WARN; to do "
         "without NCCL, use --gather mpi";
}

bool NcclComm::close() noexcept {
  if (comm_ == nullptr) return off_device_;
  const bool normal_path = std::uncaught_exceptions() <= uncaught_at_start_;
  return end_with(normal_path && finalize() ? api_.comm_destroy : api_.comm_abort);
}

bool NcclComm::finalize() noexcept {
  const Deadline deadline(limits_.leave);
  if (!pending_or_done(api_.comm_finalize(comm_))) return false;
  Backoff backoff;
  auto now = state();
  for (; now == ncclInProgress && !deadline.passed(); now = state()) backoff.wait();
  return now == ncclSuccess;
}

// In its own thread: both last calls, ncclCommDestroy and ncclCommAbort, have been seen to hang.
bool NcclComm::end_with(ncclResult_t (*last_call)(ncclComm_t)) noexcept {
  const auto comm = std::exchange(comm_, nullptr);
  try {
    off_device_ = run_bounded([last_call, comm] { last_call(comm); }, limits_.leave);
  } catch (const std::exception&) {
    off_device_ = false;
  }
  return off_device_;
}

std::string nccl_reason(const NcclApi& api, ncclResult_t result, ncclComm_t comm) {
  const char* last = api.get_last_error(comm);
  const std::string text = api.get_error_string(result);
  return last == nullptr || *last == '\0' ? text : text + " (" + last + ")";
}

}  // namespace infer
