// NCCL and CUDA as one rank sees them, without either: a table of functions over host memory, in which the
// other ranks' blocks are given and faults are scripted. Work on the stream is done only when the stream is
// asked for its state often enough, so that code which does not wait reads garbage.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "comm/nccl/nccl_api.hpp"

namespace infer {

/// One at a time; the functions of the tables act on the one that exists.
class FakeNccl {
 public:
  FakeNccl(int rank, int size);
  FakeNccl(const FakeNccl&) = delete;
  FakeNccl& operator=(const FakeNccl&) = delete;
  ~FakeNccl();

  NcclApi nccl() const;
  CudaApi cuda() const;

  // The script.
  std::vector<Bytes> peers;                ///< what each rank brings to the next round
  int polls_in_progress = 0;               ///< each NCCL call is done after so many polls; -1: never
  int stream_polls = 0;                    ///< stream queries that say "not ready"; -1: always
  int failing_call = 0;                    ///< this NCCL call (from 1) leaves an asynchronous error
  std::string refused_call;                ///< this call returns an error at once
  bool peer_dies_in_round = false;         ///< an asynchronous error comes up while the stream is waited for
  std::atomic<bool> abort_hangs = false;   ///< ncclCommAbort does not return until this is false
  cudaError_t stream_error = cudaSuccess;  ///< what a stream query then returns
  int fail_allocation = 0;                 ///< this allocation (from 1) fails
  int version = NCCL_VERSION_CODE;

  // What was seen.
  std::vector<std::string> calls;     ///< NCCL calls in order, without polls and error texts
  std::vector<std::string> mistakes;  ///< broken rules of NCCL or CUDA
  std::vector<std::string> sent;      ///< payloads of ncclSend
  std::atomic<int> aborts = 0;
  std::atomic<int> aborts_done = 0;
  std::atomic<int> destroys = 0;
  int allocations = 0;
  int live_streams = 0;
  int device = -1;
  ncclConfig_t config{};

  int live_allocations() const { return static_cast<int>(memory_.size()); }
  int count(const std::string& call) const;

 private:
  friend struct FakeCalls;
  ncclResult_t begin_call(const std::string& name);
  ncclResult_t enqueue(std::function<void()> work);

  const int rank_;
  const int size_;
  int numbered_calls_ = 0;
  int polls_left_ = 0;
  int stream_polls_left_ = 0;
  int stream_queries_ = 0;
  bool in_group_ = false;
  ncclResult_t state_ = ncclSuccess;
  std::vector<std::function<void()>> queued_;
  std::map<void*, Bytes> memory_;  // freed at the end also where the code under test gives it up
};

}  // namespace infer
