#include "model_file/zip/zip_names.hpp"

#include <catch2/catch.hpp>

using infer::detail::name_problem;
using infer::detail::quoted_name;

TEST_CASE("zip names: paths below a folder are fine") {
  for (const auto* name : {"m", "m/data.pkl", "m/.data/version", "m/code/", "m/a..b/...", "m/\xC3\xA9 x"})
    CHECK(name_problem(name) == std::nullopt);
  CHECK(name_problem(std::string(511, 'n')) == std::nullopt);
}

TEST_CASE("zip names: what leads out, or means something else to another reader, is named") {
  CHECK(name_problem("") == "is empty");
  CHECK(name_problem("/m") == "is absolute");
  CHECK(name_problem("/") == "is absolute");
  CHECK(name_problem("m/../x") == "has a part \"..\"");
  CHECK(name_problem("..") == "has a part \"..\"");
  CHECK(name_problem("m/../") == "has a part \"..\"");
  CHECK(name_problem("./m") == "has a part \".\"");
  CHECK(name_problem("m//x") == "has a part \"\"");
  CHECK(name_problem("m//") == "has a part \"\"");
  CHECK(name_problem("m\\x") == "has a backslash");
  CHECK(name_problem(std::string_view("m\0x", 3)) == "has a control character");
  CHECK(name_problem(std::string(512, 'n')) == "is longer than 511 bytes");
}

TEST_CASE("zip names: a name in a message is short") {
  CHECK(quoted_name("a\nb") == "\"a?b\"");
  CHECK(quoted_name(std::string(200, 'n')).size() < 110);
}
