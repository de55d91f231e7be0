#include "model/failure.hpp"

#include "base/error.hpp"
#include "unit/model/fixtures.hpp"

namespace infer {
namespace {

using Catch::Contains;

/// What throw_forward_failure makes of a std::runtime_error with this text.
[[noreturn]] void fail_forward(const std::string& text, bool allocation_failed = false) {
  try {
    throw std::runtime_error(text);
  } catch (...) {
    detail::throw_forward_failure("net.pt", allocation_failed);
  }
}

}  // namespace

TEST_CASE("failure: the cause is the last line that names an error") {
  CHECK(detail::cause_line("plain text") == "plain text");
  CHECK(detail::cause_line("first line\nframe #0: more") == "first line");
  CHECK(detail::cause_line("The following operation failed in the TorchScript interpreter.\n"
                           "Traceback of TorchScript (most recent call last):\n"
                           "  File \"a.py\", line 3: RuntimeError: not this one\n"
                           "RuntimeError: index out of range in self\n") == "index out of range in self");
  CHECK(detail::cause_line("x\nbuiltins.ValueError: a value is negative") == "a value is negative");
  CHECK(detail::cause_line("").empty());
}

TEST_CASE("failure: an endless cause is cut") {
  CHECK(detail::cause_line(std::string(100'000, 'x')).size() < 500);
}

TEST_CASE("failure: a broken device ends the run, too little memory and a refused batch do not") {
  const auto broken = test::message_of<RunError>(
      [] { fail_forward("RuntimeError: CUDA error: device-side assert triggered\nCompile with ..."); });
  CHECK_THAT(broken, Contains("net.pt") && Contains("device-side assert triggered"));
  CHECK_THROWS_AS(fail_forward("CUDA out of memory. Tried to allocate 2 GiB"), OutOfMemory);
  CHECK(test::message_of<OutOfMemory>([] {
          fail_forward(
              "CUDA out of memory. Tried to allocate 2 GiB. If reserved but unallocated memory is large try");
        }) == "CUDA out of memory. Tried to allocate 2 GiB.");
  CHECK_THROWS_AS(fail_forward("CUDA error: out of memory"), OutOfMemory);
  CHECK_THROWS_AS(fail_forward("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
                  OutOfMemory);
  CHECK_THROWS_AS(fail_forward("DefaultCPUAllocator: can't allocate memory: you tried to"), OutOfMemory);
  CHECK_THROWS_AS(fail_forward("shapes cannot be multiplied"), ModelError);
  CHECK_FALSE(detail::is_out_of_memory("shapes cannot be multiplied"));
}

TEST_CASE("failure: a compiled model of LibTorch 2.11 does not say why, a failed allocation does") {
  const std::string lost =
      "run_func_( container_handle_, reinterpret_cast<AOTInductorStreamHandle>(stream_handle)) "
      "API call failed at model_container_runner.cpp, line 144";
  CHECK_THAT(test::message_of<ModelError>([&] { fail_forward(lost); }),
             Contains("the compiled model failed") && Contains("stderr"));
  CHECK_THAT(test::message_of<OutOfMemory>([&] { fail_forward(lost, true); }), Contains("out of memory"));
  CHECK_THROWS_AS(fail_forward("shapes cannot be multiplied", true), ModelError);
}

TEST_CASE("failure: a model too large for the device gets its own remedy") {
  const auto fail_load = [](const char* text) {
    return test::message_of<UsageError>([&] {
      try {
        throw std::runtime_error(text);
      } catch (...) {
        detail::throw_load_failure("save it again");
      }
    });
  };
  CHECK_THAT(fail_load("CUDA out of memory. Tried"), Contains("free memory") && !Contains("save it again"));
  CHECK_THAT(fail_load("Unknown builtin op: a::b.\nCould not find"),
             Contains("op: a::b.; give the library that has it by --preload-lib FILE"));
  CHECK_THAT(fail_load("Unknown type name '__torch__.torch.classes.tensorrt.Engine':"),
             Contains("--preload-lib FILE") && Contains("libtorchtrt_runtime.so"));
  CHECK_THAT(fail_load("something else"), Contains("something else; save it again"));
}

TEST_CASE("failure: our own errors pass unchanged") {
  const auto message = test::message_of<InternalError>([] {
    try {
      throw InternalError("count is off");
    } catch (...) {
      detail::throw_forward_failure("net.pt");
    }
  });
  CHECK_THAT(message, Contains("count is off") && !Contains("net.pt"));
}

}  // namespace infer
