#include "start/file_roles.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <iostream>

#include "base/error.hpp"
#include "base/unique_fd.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/reader/tar/made_tar.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

/// A run with one of every file that it may read.
class Base {
 public:
  Base() {
    config_.model.path = folder_.write("m.pt", "m");
    config_.input.files = {folder_.write("a.jsonl", "a"), folder_.write("b.jsonl", "b")};
    config_.results.labels = folder_.write("labels", "l");
    config_.command.config_file = folder_.write("run.toml", "c");
    config_.output.path = folder_.path("out");
  }

  std::string path(const std::string& name) const { return folder_.path(name); }
  const RunConfig& config() const { return config_; }
  RunConfig with(const std::string& flag, const std::string& value) const {
    auto config = config_;
    if (flag == "--output") config.output.path = value;
    if (flag == "--errors") config.output.errors = value;
    if (flag == "--trace") config.output.trace = value;
    return config;
  }
  const ScratchFolder& folder() const { return folder_; }

 private:
  ScratchFolder folder_;
  RunConfig config_;
};

/// Leads descriptor 1 to a file for a while.
class RedirectedOutput {
 public:
  explicit RedirectedOutput(const std::string& path)
      : before_(::dup(1)), file_(::open(path.c_str(), O_WRONLY | O_CREAT, 0600)) {
    std::cout.flush();
    REQUIRE(::dup2(file_.get(), 1) == 1);
  }
  RedirectedOutput(const RedirectedOutput&) = delete;
  RedirectedOutput& operator=(const RedirectedOutput&) = delete;
  ~RedirectedOutput() { ::dup2(before_.get(), 1); }

 private:
  UniqueFd before_;
  UniqueFd file_;
};

std::string refusal(const RunConfig& config) {
  return message_of<UsageError>([&] { check_file_roles({&config, 1}); });
}

}  // namespace

TEST_CASE("file roles: names that are each for one file are right, and nothing is touched") {
  const Base base;
  auto config = base.with("--errors", base.path("err"));
  config.output.trace = base.path("trace.json");
  CHECK_NOTHROW(check_file_roles({&config, 1}));
  config.output.path = "/dev/null";
  config.output.errors = "/dev/null";
  CHECK_NOTHROW(check_file_roles({&config, 1}));
  for (const auto* name : {"out", "err", "trace.json", "out.partial"}) CHECK_FALSE(base.folder().has(name));
}

TEST_CASE("file roles: nothing that is read may be written, by its name, another one, or a link") {
  const Base base;
  for (const std::string read : {"m.pt", "a.jsonl", "b.jsonl", "labels", "run.toml"}) {
    std::filesystem::create_hard_link(base.path(read), base.path("hard"));
    std::filesystem::create_symlink(base.path(read), base.path("soft"));
    for (const std::string flag : {"--output", "--errors", "--trace"}) {
      for (const auto& name : {base.path(read), base.path("./" + read), base.path("hard"), base.path("soft")})
        CHECK_THAT(refusal(base.with(flag, name)),
                   Contains(flag + " " + name) && Contains("/" + read) && Contains("give another name"));
    }
    std::filesystem::remove(base.path("hard"));
    std::filesystem::remove(base.path("soft"));
  }
}

TEST_CASE("file roles: what lies beside an output while it is written counts as well") {
  const Base base;
  for (const std::string helper : {".partial", ".journal", ".journal.new", ".run"}) {
    auto config = base.config();
    config.input.files.push_back(base.folder().write("out" + helper, "x"));
    CHECK_THAT(refusal(config), Contains("out" + helper + " (which --output ") && Contains("--input "));
    std::filesystem::remove(base.path("out" + helper));
    CHECK_THAT(refusal(base.with("--errors", base.path("out" + helper))), Contains("--errors "));
    CHECK_THAT(refusal(base.with("--trace", base.path("out" + helper))), Contains("--trace "));
  }
}

TEST_CASE("file roles: no picture and no tar gives way, whatever it is called and whoever names it") {
  const Base base;
  const std::string jpeg = "\xff\xd8\xff\xe0 and more";
  base.folder().write("photo", jpeg);
  std::filesystem::create_hard_link(base.path("photo"), base.path("hard.jsonl"));
  std::filesystem::create_symlink(base.path("photo"), base.path("soft.jsonl"));
  base.folder().write("shard.json", test::tar_member("a.jpg", jpeg));
  for (const std::string flag : {"--output", "--errors", "--trace"}) {
    for (const auto* name : {"photo", "hard.jsonl", "soft.jsonl", "shard.json"})
      CHECK_THAT(refusal(base.with(flag, base.path(name))),
                 Contains(flag + " ") && Contains(name) && Contains("is a picture or a tar"));
  }
  base.folder().write("out.partial", jpeg);
  CHECK_THAT(refusal(base.config()), Contains("out.partial (which --output ") && Contains("is a picture"));
  const RedirectedOutput output(base.path("photo"));
  CHECK_THAT(refusal(base.with("--output", "-")), Contains("(standard output) is a picture"));
}

TEST_CASE("file roles: nothing gives way under a name that was given but text and what infer writes") {
  const Base base;
  const std::string pack("\x0apack\x00 of parts that records name", 34);
  base.folder().write("pack", pack);
  std::filesystem::create_symlink(base.path("pack"), base.path("soft"));
  for (const std::string flag : {"--output", "--errors", "--trace"}) {
    for (const auto* name : {"pack", "soft"})
      CHECK_THAT(refusal(base.with(flag, base.path(name))), Contains(flag + " ") && Contains("neither text"));
  }
  auto config = base.config();
  config.output.report = base.path("pack");
  CHECK_THAT(refusal(config), Contains("--report ") && Contains("neither text"));
  config.output.report = {};
  config.output.metrics_file = base.path("pack");
  CHECK_THAT(refusal(config), Contains("--metrics-file ") && Contains("neither text"));
  config = base.config();
  config.output.keys = true;
  base.folder().write("out.keys", pack);
  CHECK_THAT(refusal(config), Contains("--keys ") && Contains("neither text"));
  CHECK(base.folder().read("pack") == pack);
}

TEST_CASE("file roles: what a cut power left of an unfinished output, and what >> adds to, may be anything") {
  const Base base;
  base.folder().write("out.partial", std::string(100, '\0'));
  CHECK_NOTHROW(check_file_roles({&base.config(), 1}));
  base.folder().write("rows", std::string(100, '\0'));
  const RedirectedOutput output(base.path("rows"));
  const auto config = base.with("--output", "-");
  CHECK_NOTHROW(check_file_roles({&config, 1}));
}

TEST_CASE("file roles: two outputs of one name are told, also before the file is there") {
  const Base base;
  CHECK_THAT(refusal(base.with("--errors", base.path("./out"))), Contains("is also --output"));
  CHECK_THAT(refusal(base.with("--trace", base.path("out"))), Contains("is also --output"));
}

TEST_CASE("file roles: only as an output is - the standard output") {
  const Base base;
  auto config = base.with("--output", "-");
  config.input.files = {"-"};
  const RedirectedOutput output(base.path("rows"));
  CHECK_NOTHROW(check_file_roles({&config, 1}));
  config.input.files = {base.path("rows")};
  CHECK_THAT(refusal(config), Contains("--output (standard output)"));
}

TEST_CASE("file roles: no input is called like a part of the folder that the run writes") {
  const Base base;
  auto config = base.config();
  config.output.dir = base.path("parts");
  std::filesystem::create_directory(config.output.dir);
  config.output.path = config.output.dir + "/manifest.json";
  config.input.files = {base.path("parts/../parts/part-b00007.jsonl")};
  CHECK_THAT(message_of<UsageError>([&] {
               check_file_roles({&config, 1});
             }),
             Contains("is called like a part of --output-dir"));
  config.input.files = {base.path("parts/part-1.jsonl"), base.path("part-00001.jsonl")};
  CHECK_NOTHROW(check_file_roles({&config, 1}));
}

TEST_CASE(
    "file roles: no output of a run is what another one reads or writes, but for what gives way to one") {
  const Base base;
  std::vector<RunConfig> outputs{base.config(), base.with("--output", base.path("other"))};
  outputs[1].model.path = base.folder().write("other.pt", "weights");
  CHECK_NOTHROW(check_file_roles(outputs));
  outputs[0].output.reuse = outputs[1].output.reuse = {base.path("out"), base.path("other")};
  CHECK_NOTHROW(check_file_roles(outputs));
  outputs[0].output.errors = base.path("other");
  CHECK_THAT(message_of<UsageError>([&] { check_file_roles(outputs); }), Contains("is also --"));
  outputs[0].output.errors = base.path("other.pt");
  CHECK_THAT(message_of<UsageError>([&] { check_file_roles(outputs); }), Contains("is the file of --model"));
}
