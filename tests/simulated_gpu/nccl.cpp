// libnccl.so.2 for simulated GPUs: non-blocking communicators, all-gather, send and receive on streams. A
// rank that is gone is waited for until the communicator is aborted.
#include <nccl.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "meeting.hpp"
#include "memory.hpp"
#include "settings.hpp"
#include "stream.hpp"

using namespace simulated;
using Clock = std::chrono::steady_clock;
using Block = std::vector<std::byte>;

struct ncclComm {
  ncclComm(const std::string& id, int rank, int size) : meeting(id, rank, size) {}

  Meeting meeting;
  std::atomic<bool> joined = false;
  std::atomic<bool> aborted = false;
  std::atomic<Clock::time_point> busy_until{};
  int gathers = 0;
  std::vector<int> sent{std::vector<int>(static_cast<std::size_t>(meeting.size()))};
  std::vector<int> received = sent;
};

namespace {

// Communicators live on: streams may still be at work for them.
using Comm = ncclComm;
using Work = std::function<void()>;

struct Group {
  bool open = false;
  std::vector<std::pair<cudaStream_t, Work>> work;
  Comm* comm = nullptr;
};
thread_local Group group;

bool busy(const Comm& comm) { return !comm.joined || Clock::now() < comm.busy_until.load(); }

/// As NCCL in non-blocking mode: the call returns at once, and the next one must wait until it has been taken
/// in.
ncclResult_t take_in(Comm& comm) {
  comm.busy_until = Clock::now() + settings().lag;
  return ncclInProgress;
}

ncclResult_t enqueue(Comm& comm, cudaStream_t stream, Work work) {
  if (group.open) {
    group.comm = &comm;
    group.work.emplace_back(stream, std::move(work));
    return ncclSuccess;
  }
  stream_of(stream).enqueue(std::move(work));
  return take_in(comm);
}

Block read(const void* from, std::size_t bytes) {
  const auto* const begin = reach(from, bytes);
  return begin == nullptr ? Block() : Block(begin, begin + bytes);
}

void write(void* to, std::size_t bytes, const std::optional<Block>& block) {
  auto* const target = reach(to, bytes);
  if (target != nullptr && block && block->size() == bytes) std::memcpy(target, block->data(), bytes);
}

std::string random_id() {
  std::random_device random;
  return "nccl_" + std::to_string(random()) + std::to_string(random());
}

void join(Comm& comm) {
  for (int rank = 0; rank < comm.meeting.size(); ++rank) comm.meeting.give("join", rank, {});
  for (int rank = 0; rank < comm.meeting.size(); ++rank) comm.meeting.take("join", rank, comm.aborted);
  comm.joined = !comm.aborted;
}

}  // namespace

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  std::memset(id->internal, 0, sizeof id->internal);
  random_id().copy(id->internal, sizeof id->internal - 1);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int size, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  if (config->blocking != 0) return ncclInvalidArgument;  // not simulated
  *comm = std::make_unique<Comm>(id.internal, rank, size).release();
  std::thread([made = *comm] { join(*made); }).detach();
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* state) {
  *state = busy(*comm) ? ncclInProgress : ncclSuccess;
  return ncclSuccess;
}

ncclResult_t ncclAllGather(const void* from, void* to, std::size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream) {
  if (type != ncclUint8) return ncclInvalidArgument;  // not simulated
  if (busy(*comm)) return ncclInvalidUsage;
  const auto name = "all" + std::to_string(comm->gathers++);
  return enqueue(*comm, stream, [=] {
    const auto& meeting = comm->meeting;
    const auto own = read(from, count);
    for (int rank = 0; rank < meeting.size(); ++rank) meeting.give(name, rank, own);
    for (int rank = 0; rank < meeting.size(); ++rank)
      write(static_cast<std::byte*>(to) + count * static_cast<std::size_t>(rank), count,
            meeting.take(name, rank, comm->aborted));
  });
}

ncclResult_t ncclSend(const void* from, std::size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  if (type != ncclUint8) return ncclInvalidArgument;  // not simulated
  if (busy(*comm)) return ncclInvalidUsage;
  const auto name = "one" + std::to_string(comm->sent[static_cast<std::size_t>(peer)]++);
  return enqueue(*comm, stream, [=] { comm->meeting.give(name, peer, read(from, count)); });
}

ncclResult_t ncclRecv(void* to, std::size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  if (type != ncclUint8) return ncclInvalidArgument;  // not simulated
  if (busy(*comm)) return ncclInvalidUsage;
  const auto name = "one" + std::to_string(comm->received[static_cast<std::size_t>(peer)]++);
  return enqueue(*comm, stream, [=] { write(to, count, comm->meeting.take(name, peer, comm->aborted)); });
}

ncclResult_t ncclGroupStart() {
  group.open = true;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  const auto ended = std::exchange(group, {});
  for (const auto& [stream, work] : ended.work) stream_of(stream).enqueue(work);
  return ended.comm == nullptr ? ncclSuccess : take_in(*ended.comm);
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) { return busy(*comm) ? ncclInvalidUsage : take_in(*comm); }

ncclResult_t ncclCommDestroy(ncclComm_t) { return ncclSuccess; }

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  comm->aborted = true;
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t code) {
  return code == ncclSuccess        ? "no error"
         : code == ncclInvalidUsage ? "invalid usage"
                                    : "an error of the simulated NCCL";
}

const char* ncclGetLastError(ncclComm_t) { return ""; }

}  // extern "C"
