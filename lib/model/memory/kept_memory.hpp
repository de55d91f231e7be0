// Large pieces of memory, kept from one batch to the next.
#pragma once

#include <c10/core/Allocator.h>

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace infer::detail {

/// Another allocator's memory, whose freed pieces serve again. Those in use and those kept are together no
/// more than were once in use at the same time: a process's peak stays what it was, up to a quarter. For any
/// thread.
class KeptMemory {
 public:
  explicit KeptMemory(c10::Allocator& source) : source_(source) {}

  /// At least `bytes`. Throws what `source` throws; release() may help.
  void* take(std::size_t bytes);

  /// False for what take() did not give.
  bool give_back(void* data);

  /// Frees what is kept, and forgets how much was in use.
  void release();

 private:
  struct Piece {
    std::size_t bytes;
    c10::DataPtr memory;
  };

  std::optional<Piece> take_kept(std::size_t bytes);
  void make_room(std::size_t bytes);
  void* hand_out(Piece piece);

  c10::Allocator& source_;
  std::mutex mutex_;
  std::unordered_map<void*, Piece> used_;
  std::vector<Piece> kept_;  // the longest unused first
  std::size_t used_bytes_ = 0;
  std::size_t kept_bytes_ = 0;
  std::size_t most_used_bytes_ = 0;
};

}  // namespace infer::detail
