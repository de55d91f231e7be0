// A library of operators as a user's own would be: for the tests of --preload-lib, and for models that take
// their time.
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <torch/library.h>

#include <chrono>
#include <thread>

namespace {

at::Tensor twice_plus(const at::Tensor& x, double more) { return x.mul(2).add(more); }

/// The rows, after so many milliseconds for each. No core is busy meanwhile.
at::Tensor wait(const at::Tensor& rows, double ms) {
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms) * rows.size(0));
  return rows.clone();
}

}  // namespace

TORCH_LIBRARY(infer_test, library) {
  library.def("twice_plus(Tensor x, float more) -> Tensor");
  library.def("wait(Tensor rows, float ms) -> Tensor");
}
TORCH_LIBRARY_IMPL(infer_test, CompositeExplicitAutograd, library) { library.impl("wait", wait); }
TORCH_LIBRARY_IMPL(infer_test, CPU, library) { library.impl("twice_plus", twice_plus); }
TORCH_LIBRARY_IMPL(infer_test, Meta, library) {
  library.impl("twice_plus", [](const at::Tensor& x, double) { return at::empty_like(x); });
}
