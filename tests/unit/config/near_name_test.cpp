#include "config/near_name.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

using Names = std::vector<std::string>;

const Names kFlags{"input", "output", "max-batch-size", "max-batch-tokens", "seed", "on-error"};

}  // namespace

TEST_CASE("near names: letters apart are those to delete, to insert, to replace and to swap") {
  CHECK(letters_apart("", "") == 0);
  CHECK(letters_apart("", "abc") == 3);
  CHECK(letters_apart("input", "inptu") == 1);
  CHECK(letters_apart("output", "outputs") == 1);
  CHECK(letters_apart("kitten", "sitting") == 3);
}

TEST_CASE("near names: the nearest one is meant, else those with the name in theirs") {
  CHECK(near_names("imput", kFlags) == Names{"input"});
  CHECK(near_names("max-batch", kFlags) == Names{"max-batch-size", "max-batch-tokens"});
  CHECK(near_names("max-batch-sise", kFlags) == Names{"max-batch-size"});
  CHECK(near_names("frobnicate", kFlags).empty());
  CHECK(near_names("", kFlags).empty());
  CHECK(near_names("seed", kFlags).empty());  // it is one
  CHECK(near_names("fsh", Names{"zsh", "fish"}) == Names{"fish"});
  CHECK(near_names("x", Names{}).empty());
}

TEST_CASE("near names: a short name has no other meant by all its letters") {
  CHECK(near_names("ab", Names{"x", "cd"}).empty());
  CHECK(near_names("tcp", Names{"auto", "nccl", "mpi"}).empty());
  CHECK(near_names("stop", Names{"record", "skip", "fail"}).empty());
  CHECK(near_names("yse", Names{"yes", "no"}) == Names{"yes"});
  CHECK(near_names("ye", Names{"yes", "no"}) == Names{"yes"});
}

TEST_CASE("near names: the question has each with what stands before it") {
  CHECK(did_you_mean(Names{}).empty());
  CHECK(did_you_mean(Names{"input"}, "--") == "; did you mean --input?");
  CHECK(did_you_mean(Names{"a", "b"}) == "; did you mean a or b?");
}

TEST_CASE("near names: the names there are, in quotes") {
  CHECK(quoted_list(Names{"a", "b"}) == "\"a\", \"b\"");
  CHECK(quoted_list(Names{}) == "none");
}
