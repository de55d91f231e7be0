#include "encoder/output_packing.hpp"

#include <zlib.h>
#include <zstd.h>

#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "unit/encoder/predicted_chunks.hpp"

using namespace infer;
using namespace infer::test;

namespace {

/// All members of it.
std::string gunzip(std::string packed, std::size_t most) {
  std::string text(most + 1, '\0');
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  while (stream.avail_in > 0) {
    REQUIRE(::inflate(&stream, Z_NO_FLUSH) == Z_STREAM_END);
    REQUIRE(::inflateReset(&stream) == Z_OK);
  }
  text.resize(text.size() - stream.avail_out);
  ::inflateEnd(&stream);
  return text;
}

/// All frames of it.
std::string unzstd(const std::string& packed, std::size_t most) {
  std::string text(most + 1, '\0');
  text.resize(::ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size()));
  return text;
}

std::string unpacked(const OutputPacking& packing, const std::string& packed, std::size_t most) {
  return packing.ending == ".gz" ? gunzip(packed, most) : unzstd(packed, most);
}

std::string random_text(std::mt19937& random, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += static_cast<char>(random() % 4 == 0 ? random() % 256 : 'a');
  return text;
}

}  // namespace

TEST_CASE("packing: the last ending of a name says it") {
  CHECK(output_packing("a.jsonl") == nullptr);
  CHECK(output_packing("-") == nullptr);
  CHECK(output_packing("a.gz.jsonl") == nullptr);
  CHECK(output_packing("a.csv.gz")->name == "gzip");
  CHECK(output_packing("a.zst")->name == "zstd");
  CHECK(without_packing("a.csv.gz") == "a.csv");
  CHECK(&output_format("a.csv.gz") == &output_format("b.csv"));
  CHECK(&output_format("a.jsonl.zst") == &output_format("a.jsonl"));
}

TEST_CASE("packing: pieces one after the other are one file, and the same text gives the same bytes") {
  std::mt19937 random(5);
  for (const auto& packing : output_packings()) {
    INFO(packing.name);
    std::string text;
    std::string packed;
    for (const std::size_t bytes : {0U, 1U, 1000U, 70'000U, 3'000'000U, 7U}) {
      const auto piece = random_text(random, bytes);
      text += piece;
      packed += packing.pack(piece);
      CHECK((packing.pack(piece) == packing.pack(piece)));
    }
    CHECK(packed.size() < text.size());
    CHECK((unpacked(packing, packed, text.size()) == text));
  }
}

TEST_CASE("encoder: a chunk is packed whole, but where the writer has numbers to put in") {
  auto config = config_of();
  const auto good = ChunkOf(2).batch({0, 1}, {floats("y", {2}, {1, 3})}).done();
  const auto bad = ChunkOf(2)
                       .failed(1, {RecordErrorCode::wrong_type, "found \"x\""})
                       .batch({0}, {floats("y", {1}, {1})})
                       .done();
  const auto plain = encode_chunk(good, config).output.text;
  const auto failed = encode_chunk(bad, config).output.text;
  for (const auto& packing : output_packings()) {
    config.pack = packing.pack;
    const auto packed = encode_chunk(good, config);
    CHECK(packed.is_packed);
    CHECK((packed.output.text == packing.pack(plain)));
    const auto stamped = encode_chunk(bad, config);
    CHECK_FALSE(stamped.is_packed);
    CHECK(stamped.output.text == failed);
    const auto none = encode_chunk(ChunkOf(0).done(), config);
    CHECK(none.output.text.empty());
  }
}

TEST_CASE("encoder: a packed chunk travels as such") {
  EncodedChunk chunk;
  chunk.is_packed = true;
  const auto message = serialize_chunk(chunk);
  ByteReader reader(message);
  CHECK(deserialize_chunk(reader).is_packed);
}

TEST_CASE("packing: the first of several pieces is unpacked, and one that is not whole is nothing") {
  std::mt19937 draw(7);
  for (const auto& packing : output_packings()) {
    for (const std::size_t bytes : {0U, 1U, 65'535U, 65'536U, 65'537U, 3'000'000U}) {
      const auto text = random_text(draw, bytes);
      const auto packed = packing.pack(text);
      const auto found = packing.unpack(packed + packing.pack("next"));
      REQUIRE(found);
      CHECK((found->text == text));
      CHECK(found->bytes == packed.size());
      for (const auto size : {std::size_t{0}, std::size_t{1}, packed.size() / 2, packed.size() - 1})
        CHECK_FALSE(packing.unpack(std::string_view(packed).substr(0, size)));
    }
    CHECK_THROWS_AS(packing.unpack("what is no packed piece at all"), RunError);
  }
}
