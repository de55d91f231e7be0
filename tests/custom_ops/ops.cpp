// A library of operators as a user's own would be: for the tests of --preload-lib.
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <torch/library.h>

namespace {

at::Tensor twice_plus(const at::Tensor& x, double more) { return x.mul(2).add(more); }

}  // namespace

TORCH_LIBRARY(infer_test, library) { library.def("twice_plus(Tensor x, float more) -> Tensor"); }
TORCH_LIBRARY_IMPL(infer_test, CPU, library) { library.impl("twice_plus", twice_plus); }
TORCH_LIBRARY_IMPL(infer_test, Meta, library) {
  library.impl("twice_plus", [](const at::Tensor& x, double) { return at::empty_like(x); });
}
