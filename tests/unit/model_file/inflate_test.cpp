#include "model_file/zip/inflate.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

// By zlib: whole numbers' squares, with codes of their own; repetitions, with the fixed codes; no code at
// all.
constexpr std::string_view kSquares =
    "158ec101c030080217e2a1c69ab8ff623d5e240a78a1546b95a3fa7446bd9ad64b6584b2d06eb638160b9efad0b73ad5"
    "f849e3eb465febabd57747836fd0cbff327fec17df8e7b0966d0904955ba338bf23cbed23ef7f9ee18604c7221cad766"
    "80b0c21469e28a559d6855474246a2c6afebd9f376f11d270efd8686fcd0779ae61f";
constexpr std::string_view kRepeated = "4b4c4a4e444500";
constexpr std::string_view kStored = "010800f7ff6173206974206973";

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

std::string squares() {
  std::string text;
  for (int i = 0; i < 60; ++i) text += std::to_string(i * i) + ",";
  return text;
}

}  // namespace

TEST_CASE("inflate: every kind of block gives what was packed") {
  CHECK(detail::inflate(bytes_of(kSquares), squares().size()) == squares());
  CHECK(detail::inflate(bytes_of(kRepeated), 18) == "abcabcabcabcabcabc");
  CHECK(detail::inflate(bytes_of(kStored), 8) == "as it is");
}

TEST_CASE("inflate: what is cut off, or has another size than stated, is refused") {
  const auto size = squares().size();
  const auto packed = bytes_of(kSquares);
  for (std::size_t cut = 0; cut < packed.size(); ++cut)
    CHECK_FALSE(detail::inflate(std::string_view(packed).substr(0, cut), size).has_value());
  for (const auto* hex : {&kSquares, &kRepeated, &kStored}) {
    CHECK_FALSE(detail::inflate(bytes_of(*hex), 7).has_value());
    CHECK_FALSE(detail::inflate(bytes_of(*hex), size + 1).has_value());
  }
}

TEST_CASE("inflate: no bytes lead out of what was unpacked, or past its size") {
  const auto packed = bytes_of(kSquares);
  for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
    auto damaged = packed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const auto text = detail::inflate(damaged, squares().size());
    CHECK((!text || text->size() == squares().size()));
  }
}
