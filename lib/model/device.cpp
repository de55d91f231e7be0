#include "model/device.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/cuda_driver.hpp"
#include "model/failure.hpp"
#include "model/memory/tensor_memory.hpp"
#include "model/model.hpp"

namespace infer {
namespace {

/// A CUDA wheel has the file beside libtorch_cpu.so; looking costs nothing, loading it 0.15 s and more.
bool libtorch_has_cuda() {
  Dl_info place{};
  void* const function = reinterpret_cast<void*>(&at::set_num_threads);
  if (dladdr(function, &place) == 0 || place.dli_fname == nullptr) return false;
  std::error_code error;
  const auto folder = std::filesystem::path(place.dli_fname).parent_path();
  return std::filesystem::exists(folder / "libtorch_cuda.so", error);
}

/// K of "cuda:K"; plain "cuda" is 0.
int cuda_index(const std::string& name) {
  constexpr std::string_view kPrefix = "cuda";
  if (name == kPrefix) return 0;
  int index = -1;
  const char* const end = name.data() + name.size();
  const char* const begin = name.data() + std::min(name.size(), kPrefix.size() + 1);
  const auto [stop, error] = std::from_chars(begin, end, index);
  if (!name.starts_with("cuda:") || error != std::errc() || stop != end || index < 0) {
    throw UsageError("device \"" + name + "\" is unknown; give cpu, cuda or cuda:K");
  }
  return index;
}

void check_cuda_index(int index) {
  const auto attempt = "cannot use device cuda:" + std::to_string(index) + ": ";
  if (!libtorch_has_cuda()) {
    throw UsageError(attempt + "this LibTorch " + torch_version() + " is a CPU build; use --device cpu");
  }
  const detail::CudaDriver driver;
  if (driver.devices() == 0) throw UsageError(attempt + driver.problem() + "; use --device cpu");
  if (index >= driver.devices()) {
    throw UsageError(attempt + "this process sees " + counted(driver.devices(), "CUDA device") +
                     ", counted from 0; start fewer ranks on this node or give a smaller number");
  }
}

/// Never unloaded: LibTorch keeps pointers into them.
void load_cuda_libraries() {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    throw UsageError(std::string("cannot load LibTorch's CUDA libraries: ") + dlerror() +
                     "; install the nvidia-* packages that belong to the torch wheel, or use --device cpu");
  }
}

/// LibTorch's warnings without the stack that it hangs on to some: one line each.
struct FirstLines final : c10::WarningHandler {
  void process(const c10::Warning& warning) override {
    const auto line = detail::cause_line(warning.msg());
    c10::WarningHandler::process({warning.type(), warning.source_location(), line, warning.verbatim()});
  }
};

/// Of every batch the same large blocks are asked for and freed again: let the heap keep them. By default it
/// gives some back to the system each time, whose pages are then cleared and mapped anew. What is too large
/// for the heap is kept above it.
void keep_freed_memory() {
  constexpr int kLargestHeapBlock = 32 << 20;  // the most that glibc allows
  constexpr int kKeptBytes = 1 << 30;
  ::mallopt(M_MMAP_THRESHOLD, kLargestHeapBlock);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  detail::keep_large_tensors();
}

}  // namespace

int visible_cuda_devices() { return libtorch_has_cuda() ? detail::CudaDriver().devices() : 0; }

std::string cuda_device_id(int device) { return detail::CudaDriver().device_id(device); }

std::string cuda_version() {
  const auto driver = detail::CudaDriver().version();
  const auto built = libtorch_has_cuda() ? "in LibTorch" : "not in this LibTorch";
  return std::string(built) + (driver.empty() ? ", no driver here" : ", driver for " + driver);
}

namespace detail {

c10::Device open_device(const std::string& name, bool cudnn_attention) {
  if (name == "cpu") {
    keep_freed_memory();
    return c10::Device(c10::kCPU);
  }
  const int index = cuda_index(name);
  check_cuda_index(index);
  load_cuda_libraries();
  at::globalContext().lazyInitDevice(c10::kCUDA);
  at::globalContext().setSDPUseCuDNN(cudnn_attention);
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

void prepare_thread(c10::Device device, int threads) {
  // Once per process; LibTorch throws at a second call. The pool serves fork/wait of TorchScript only.
  static std::once_flag interop_is_set;
  std::call_once(interop_is_set, [] {
    if (at::get_num_interop_threads() != 1) at::set_num_interop_threads(1);
  });
  at::set_num_threads(threads);
  static FirstLines first_lines;
  c10::WarningUtils::set_warning_handler(&first_lines);
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl gpu(device.type());
  gpu.setDevice(device);
  gpu.exchangeStream(gpu.getStreamFromGlobalPool(device, /*isHighPriority=*/false));
}

void finish_device_work(c10::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

std::int64_t failed_allocations(c10::Device device) {
  if (device.is_cpu()) return failed_tensor_allocations();
  return c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(device.index()).num_ooms;
}

void seed_generator(c10::Device device, std::uint64_t seed) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_current_seed(seed);
}

void free_cached_memory(c10::Device device) {
  if (device.is_cuda()) {
    try {
      c10::getDeviceAllocator(c10::kCUDA)->emptyCache();
      at::getHostAllocator(c10::kCUDA)->empty_cache();
    } catch (const std::exception&) {  // a device that fails here fails the next forward too, which says why
    }
  }
  release_kept_tensors();
  ::malloc_trim(0);
}

}  // namespace detail
}  // namespace infer
