#include "base/loaded_library.hpp"

#include <catch2/catch.hpp>

#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using infer::test::message_of;

TEST_CASE("loaded library: the first name that can be loaded, and its functions") {
  const LoadedLibrary library({"libnone.so.2", "libm.so.6"}, "trying: ", "; mend it");
  double (*cosine)(double) = nullptr;
  library.resolve("cos", cosine);
  CHECK(cosine(0) == 1);
  void (*none)() = nullptr;
  CHECK(message_of<UsageError>([&] { library.resolve("no_such_function", none); }) ==
        "trying: cannot find no_such_function in its library; mend it");
}

TEST_CASE("loaded library: without any, all names are told, and why") {
  const auto message = message_of<UsageError>([] {
    LoadedLibrary({"libnone.so.2", "libnone.so.1"}, "trying: ", "; mend it");
  });
  CHECK_THAT(message, StartsWith("trying: cannot load libnone.so.2 nor libnone.so.1: ") &&
                          Catch::Matchers::Contains("libnone.so.1: cannot open shared object file") &&
                          EndsWith("; mend it"));
}
