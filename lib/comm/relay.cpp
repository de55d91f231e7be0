#include "comm/relay.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/message.hpp"
#include "comm/waiting.hpp"

namespace infer {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{4} << 20U;
constexpr int kPiecesAhead = 4;  ///< of one rank before the next one

struct Piece {
  Bytes bytes{};
  bool is_last = false;
  bool is_broken = false;    ///< then the first rank could not read on
  std::uint64_t digest = 0;  ///< of all bytes, in the last piece
};

template <class Archive, MaybeConst<Piece> Value>
void fields(Archive& all, Value& piece) {
  all(piece.bytes, piece.is_last, piece.is_broken, piece.digest);
}

std::string_view as_view(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// One rank's place in the chain.
class Link {
 public:
  Link(Channel& channel, std::span<const int> chain, Seconds silence) : channel_(channel), silence_(silence) {
    const auto own = std::ranges::find(chain, channel.rank());
    INFER_ASSERT(own != chain.end());
    if (own != chain.begin()) before_ = *std::prev(own);
    if (std::next(own) != chain.end()) next_ = *std::next(own);
  }

  void read_all(const std::function<std::size_t(std::span<char>)>& read) {
    Digest digest;
    Piece piece;
    while (!piece.is_last) {
      piece.bytes.resize(kPieceBytes);
      const std::span place(reinterpret_cast<char*>(piece.bytes.data()), piece.bytes.size());
      std::size_t bytes = 0;
      piece.is_broken = !attempt([&] { bytes = read(place); });
      piece.is_last = bytes == 0;
      piece.bytes.resize(bytes);
      digest.add(as_view(piece.bytes));
      piece.digest = piece.is_last ? digest.value() : 0;
      pass_on(to_message(piece));
    }
    finish();
  }

  void take_all(const std::function<void(ByteView)>& take) {
    Digest digest;
    Piece piece;
    while (!piece.is_last) {
      auto message = receive();
      piece = from_message<Piece>(ByteView(message));
      pass_on(std::move(message));
      digest.add(as_view(piece.bytes));
      if (!failure_) attempt([&] { take(piece.bytes); });
    }
    finish();
    if (piece.is_broken) throw RunError(channel_.describe(*before_) + " could not pass on all of the file");
    if (piece.digest != digest.value())
      throw RunError("what arrived from " + channel_.describe(*before_) + " is not what was sent");
  }

 private:
  /// The first failure is kept.
  bool attempt(const std::function<void()>& step) {
    try {
      step();
      return true;
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  void pass_on(Bytes message) {
    if (!next_) return;
    channel_.post(*next_, Tag::relay, std::move(message));
    if (++ahead_ == kPiecesAhead) flush();
  }

  void flush() {
    ahead_ = 0;
    if (wait_until(channel_, Deadline(silence_), [&] { return channel_.progress(); })) return;
    throw RunError(channel_.late_receivers() + " took nothing of a file for " + seconds_text(silence_) +
                   " s");
  }

  Bytes receive() {
    Bytes bytes;
    const auto arrives = [&] {
      auto message = channel_.poll(Tag::relay, *before_);
      if (message) bytes = std::move(message->bytes);
      return message.has_value();
    };
    if (wait_until(channel_, Deadline(silence_), arrives)) return bytes;
    throw RunError("nothing of a file came from " + channel_.describe(*before_) + " for " +
                   seconds_text(silence_) + " s");
  }

  void finish() {
    flush();
    if (failure_) std::rethrow_exception(failure_);
  }

  Channel& channel_;
  Seconds silence_;
  std::optional<int> before_;
  std::optional<int> next_;
  int ahead_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void relay(Channel& channel, std::span<const int> chain, const RelayEnds& ends, Seconds silence) {
  Link link(channel, chain, silence);
  if (channel.rank() == chain.front()) {
    link.read_all(ends.read);
  } else {
    link.take_all(ends.take);
  }
}

}  // namespace infer
