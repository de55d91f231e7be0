#include "comm/relay.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <stdexcept>

#include "mpi_test.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

constexpr Seconds kSilence{20};

std::string text_of(std::size_t bytes) {
  std::mt19937 draw(7);
  std::string text(bytes, '\0');
  for (auto& letter : text) letter = static_cast<char>(draw());
  return text;
}

/// Gives `text` in pieces of odd sizes; throws instead of the last byte when it `breaks`.
RelayEnds ends_of(const std::string& text, std::size_t& given, std::string& taken, bool breaks = false) {
  return {[&, breaks](std::span<char> place) {
            const auto bytes = std::min({place.size(), text.size() - given, given % 100'003 + 70'000});
            if (breaks && given + bytes == text.size()) throw std::runtime_error("the disk is broken");
            text.copy(place.data(), bytes, given);
            given += bytes;
            return bytes;
          },
          [&](ByteView piece) { taken += as_text(piece); }};
}

std::vector<int> all_ranks() {
  std::vector<int> ranks(static_cast<std::size_t>(test_channel().size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("relay: every rank takes the bytes that the first one reads, many, few or none") {
  for (const std::size_t bytes : std::initializer_list<std::size_t>{0, 1, 70'000, 9'000'001}) {
    const auto text = text_of(bytes);
    std::size_t given = 0;
    std::string taken;
    relay(test_channel(), all_ranks(), ends_of(text, given, taken), kSilence);
    CHECK((test_channel().rank() == 0 ? given == bytes : taken == text));
  }
}

TEST_CASE("relay: some ranks only, in any order") {
  auto& channel = test_channel();
  std::vector<int> chain{channel.size() - 1};
  if (channel.size() > 2) chain.push_back(0);
  if (std::ranges::count(chain, channel.rank()) == 0) return;
  const auto text = text_of(3'000'000);
  std::size_t given = 0;
  std::string taken;
  relay(channel, chain, ends_of(text, given, taken), kSilence);
  CHECK((channel.rank() == chain.front() ? given == text.size() : taken == text));
}

TEST_CASE("relay: a first rank that cannot read on says why, the others that it was not all") {
  const auto text = text_of(5'000'000);
  std::size_t given = 0;
  std::string taken;
  const auto message =
      message_of([&] { relay(test_channel(), all_ranks(), ends_of(text, given, taken, true), kSilence); });
  CHECK_THAT(message, Contains(test_channel().rank() == 0 ? "the disk is broken" : "could not pass on all"));
}

TEST_CASE("relay: a rank that cannot take more serves those behind it all the same") {
  auto& channel = test_channel();
  const auto text = text_of(5'000'000);
  std::size_t given = 0;
  std::string taken;
  auto ends = ends_of(text, given, taken);
  if (channel.rank() == 1) ends.take = [](ByteView) { throw std::runtime_error("no space left"); };
  const auto message = message_of([&] { relay(channel, all_ranks(), ends, kSilence); });
  CHECK(message == (channel.rank() == 1 ? "no space left" : ""));
  CHECK((channel.rank() < 2 || taken == text));
}
