#include "fake_nccl.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace infer {
namespace {

FakeNccl* current = nullptr;
int handle_target = 0;  // its address serves as communicator and as stream

template <class Handle>
Handle handle() {
  return reinterpret_cast<Handle>(&handle_target);
}

}  // namespace

struct FakeCalls {
  static ncclResult_t get_version(int* version) {
    *version = current->version;
    return ncclSuccess;
  }
  static ncclResult_t get_unique_id(ncclUniqueId* id) {
    if (current->refused_call == "ncclGetUniqueId") return ncclSystemError;
    std::memset(id->internal, 'u', sizeof id->internal);
    return ncclSuccess;
  }
  static ncclResult_t comm_init(ncclComm_t* comm, int, ncclUniqueId id, int, ncclConfig_t* config) {
    if (current->refused_call == "ncclCommInitRankConfig") return ncclInvalidUsage;
    if (id.internal[0] != 'u' || id.internal[127] != 'u')
      current->mistakes.push_back("the id is not rank 0's");
    current->config = *config;
    *comm = handle<ncclComm_t>();
    return current->begin_call("ncclCommInitRankConfig");
  }
  static ncclResult_t get_async_error(ncclComm_t, ncclResult_t* state) {
    *state = current->polls_left_ == 0 ? current->state_ : ncclInProgress;
    if (current->polls_left_ > 0) --current->polls_left_;
    if (current->peer_dies_in_round && current->stream_queries_ > 3) *state = ncclRemoteError;
    return ncclSuccess;
  }
  static ncclResult_t comm_finalize(ncclComm_t) { return current->begin_call("ncclCommFinalize"); }
  static ncclResult_t comm_destroy(ncclComm_t) {
    ++current->destroys;
    return ncclSuccess;
  }
  static ncclResult_t comm_abort(ncclComm_t) {
    ++current->aborts;
    while (current->abort_hangs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++current->aborts_done;
    return ncclSuccess;
  }

  static ncclResult_t all_gather(const void* from, void* to, std::size_t count, ncclDataType_t, ncclComm_t,
                                 cudaStream_t) {
    auto* blocks = static_cast<std::byte*>(to);
    const auto own = static_cast<std::size_t>(current->rank_);
    if (from != blocks + own * count) current->mistakes.push_back("the all-gather is not in place");
    current->enqueue([blocks, count, own, peers = current->peers] {
      for (std::size_t rank = 0; rank < peers.size(); ++rank) {
        if (rank == own) continue;
        if (peers[rank].size() > count) current->mistakes.push_back("the round's maximum does not fit");
        std::memset(blocks + rank * count, 0xEE, count);  // a peer's padding is garbage
        std::ranges::copy(peers[rank], blocks + rank * count);
      }
    });
    return current->begin_call("ncclAllGather");
  }
  static ncclResult_t send(const void* from, std::size_t count, ncclDataType_t, int peer, ncclComm_t,
                           cudaStream_t) {
    if (peer != 0) current->mistakes.push_back("sent to another rank than 0");
    current->enqueue([from, count] { current->sent.emplace_back(static_cast<const char*>(from), count); });
    return current->begin_call("ncclSend");
  }
  static ncclResult_t recv(void* to, std::size_t count, ncclDataType_t, int peer, ncclComm_t, cudaStream_t) {
    const Bytes& block = current->peers[static_cast<std::size_t>(peer)];
    if (!current->in_group_) current->mistakes.push_back("ncclRecv outside a group");
    if (block.size() != count) current->mistakes.push_back("the counts of ncclSend and ncclRecv differ");
    current->enqueue([to, block] { std::memcpy(to, block.data(), block.size()); });
    current->calls.push_back("ncclRecv");
    return current->refused_call == "ncclRecv" ? ncclInvalidArgument : ncclSuccess;
  }
  static ncclResult_t group_start() {
    current->in_group_ = true;
    return ncclSuccess;
  }
  static ncclResult_t group_end() {
    current->in_group_ = false;
    return current->begin_call("ncclGroupEnd");
  }
  static const char* nccl_text(ncclResult_t result) {
    return result == ncclRemoteError ? "remote process exited" : "some NCCL error";
  }
  static const char* last_error(ncclComm_t) { return "the last words of NCCL"; }

  static cudaError_t set_device(int device) {
    current->device = device;
    return device > 7 ? cudaErrorInvalidDevice : cudaSuccess;
  }
  static cudaError_t allocate(void** memory, std::size_t size) {
    if (++current->allocations == current->fail_allocation) return cudaErrorMemoryAllocation;
    if (!current->queued_.empty()) current->mistakes.push_back("memory was allocated during a round");
    Bytes block(size, std::byte{0xDD});
    *memory = block.data();
    current->memory_.emplace(*memory, std::move(block));
    return cudaSuccess;
  }
  static cudaError_t release(void* memory) {
    if (!current->queued_.empty() && current->aborts == 0)
      current->mistakes.push_back("memory was freed in use");
    if (current->memory_.erase(memory) != 1) current->mistakes.push_back("freed what was not allocated");
    return cudaSuccess;
  }
  static cudaError_t memcpy_async(void* to, const void* from, std::size_t size, cudaMemcpyKind,
                                  cudaStream_t) {
    current->enqueue([to, from, size] { std::memcpy(to, from, size); });
    return cudaSuccess;
  }
  static cudaError_t stream_create(cudaStream_t* stream, unsigned flags) {
    if (flags != cudaStreamNonBlocking)
      current->mistakes.push_back("the stream waits for the default stream");
    ++current->live_streams;
    *stream = handle<cudaStream_t>();
    return cudaSuccess;
  }
  static cudaError_t stream_destroy(cudaStream_t) {
    --current->live_streams;
    return cudaSuccess;
  }
  static cudaError_t stream_query(cudaStream_t) {
    ++current->stream_queries_;
    if (current->stream_error != cudaSuccess) return current->stream_error;
    if (current->stream_polls_left_ != 0) {
      if (current->stream_polls_left_ > 0) --current->stream_polls_left_;
      return cudaErrorNotReady;
    }
    for (const auto& work : current->queued_) work();
    current->queued_.clear();
    return cudaSuccess;
  }
  static cudaError_t get_last_error() { return cudaSuccess; }
  static const char* cuda_text(cudaError_t) { return "some CUDA error"; }
};

FakeNccl::FakeNccl(int rank, int size) : peers(static_cast<std::size_t>(size)), rank_(rank), size_(size) {
  current = this;
}

FakeNccl::~FakeNccl() { current = nullptr; }

ncclResult_t FakeNccl::begin_call(const std::string& name) {
  calls.push_back(name);
  if (polls_left_ != 0) mistakes.push_back(name + " was called while another call was in progress");
  if (in_group_) return ncclSuccess;
  if (name == refused_call) return ncclInvalidArgument;
  if (++numbered_calls_ == failing_call) state_ = ncclRemoteError;
  polls_left_ = polls_in_progress;
  return polls_left_ == 0 ? ncclSuccess : ncclInProgress;
}

ncclResult_t FakeNccl::enqueue(std::function<void()> work) {
  queued_.push_back(std::move(work));
  stream_polls_left_ = stream_polls;
  return ncclSuccess;
}

int FakeNccl::count(const std::string& call) const {
  return static_cast<int>(std::ranges::count(calls, call));
}

NcclApi FakeNccl::nccl() const {
  return {
      FakeCalls::get_version,   FakeCalls::get_unique_id, FakeCalls::comm_init,   FakeCalls::get_async_error,
      FakeCalls::comm_finalize, FakeCalls::comm_destroy,  FakeCalls::comm_abort,  FakeCalls::all_gather,
      FakeCalls::send,          FakeCalls::recv,          FakeCalls::group_start, FakeCalls::group_end,
      FakeCalls::nccl_text,     FakeCalls::last_error};
}

CudaApi FakeNccl::cuda() const {
  CudaApi api;
  api.set_device = FakeCalls::set_device;
  api.malloc_device = api.malloc_host = FakeCalls::allocate;
  api.free_device = api.free_host = FakeCalls::release;
  api.memcpy_async = FakeCalls::memcpy_async;
  api.stream_create_with_flags = FakeCalls::stream_create;
  api.stream_destroy = FakeCalls::stream_destroy;
  api.stream_query = FakeCalls::stream_query;
  api.get_last_error = FakeCalls::get_last_error;
  api.get_error_string = FakeCalls::cuda_text;
  return api;
}

}  // namespace infer
