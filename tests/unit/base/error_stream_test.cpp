#include "base/error_stream.hpp"

#include <catch2/catch.hpp>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

using namespace infer;

namespace {

/// What comes out of std::cerr. Whoever holds it back keeps the buffer that was there at first: one for all
/// tests.
std::stringbuf& written() {
  static auto& buffer = *std::make_unique<std::stringbuf>().release();  // std::cerr uses it to the end
  static auto* const usual = std::cerr.rdbuf(&buffer);
  static_cast<void>(usual);
  return buffer;
}

std::string taken() {
  auto text = written().str();
  written().str("");
  return text;
}

}  // namespace

TEST_CASE("error stream: what is told elsewhere is dropped, the rest is passed on at the end") {
  taken();
  {
    HeldErrorStream held;
    std::cerr << "Error: " << 7 << " is too much" << std::endl << '\n' << "a warning\n";
    CHECK(taken().empty());
    held.drop_errors();
    std::cerr << "Error: of later" << std::endl;
  }
  CHECK(taken() == "a warning\nError: of later\n");
  std::cerr << "as usual" << 1 << std::endl;
  CHECK(taken() == "as usual1\n");
}

TEST_CASE("error stream: other threads write on") {
  taken();
  const HeldErrorStream held;
  std::thread([] { std::cerr << "Error: of another thread\n"; }).join();
  CHECK(taken() == "Error: of another thread\n");
}
