// Gather over MPI point-to-point messages between host buffers: exact sizes, any rank count, no GPU.
#pragma once

#include <cstddef>

#include "comm/channel.hpp"
#include "comm/gather.hpp"

namespace infer {

class MpiGather : public Gather {
 public:
  /// MPI counts are int: blocks travel in pieces well under 2 GiB.
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 30;

  /// `channel` must outlive this. `limit` holds for each gather().
  MpiGather(Channel& channel, Seconds limit, std::size_t piece_bytes = kPieceBytes);

  std::vector<Bytes> gather(ByteView mine, std::span<const std::uint64_t> sizes) override;
  std::string_view name() const override { return "mpi"; }

 private:
  void send(ByteView mine, const Deadline& deadline);
  std::vector<Bytes> receive(ByteView mine, std::span<const std::uint64_t> sizes, const Deadline& deadline);
  bool take_piece(int rank, std::uint64_t expected, Bytes& block);

  Channel& channel_;
  const Seconds limit_;
  const std::size_t piece_bytes_;
};

}  // namespace infer
