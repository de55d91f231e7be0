// How the ranks of a simulated NCCL exchange blocks: as files of one folder.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace simulated {

/// A communicator's files, whose names all begin with its id.
class Meeting {
 public:
  Meeting(std::string id, int rank, int size);

  /// Leaves `block` for rank `to`, who may take it once. `what` names the exchange and must not come twice.
  void give(const std::string& what, int to, const std::vector<std::byte>& block) const;
  /// Waits for the block that rank `from` leaves; nothing when `aborted` comes first.
  std::optional<std::vector<std::byte>> take(const std::string& what, int from,
                                             const std::atomic<bool>& aborted) const;

  int rank() const { return rank_; }
  int size() const { return size_; }

 private:
  std::string file(const std::string& what, int from, int to) const;

  std::string prefix_;
  int rank_;
  int size_;
};

}  // namespace simulated
