#include "model/memory/tensor_memory.hpp"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <sys/resource.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>

namespace infer::detail {
namespace {

constexpr std::int64_t kLarge = 48 << 20;

at::Tensor bytes(std::int64_t count) { return at::empty({count}, at::kByte); }

long mapped_pages() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace

}  // namespace infer::detail

/// AddressSanitizer ends a program that asks for more than there is, unless told that it must go on.
extern "C" const char* __asan_default_options();
const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace infer::detail {

TEST_CASE("tensor memory: that of a large tensor serves the next one, and can be given back") {
  keep_large_tensors();
  release_kept_tensors();
  auto tensor = bytes(kLarge);
  const auto* const data = tensor.const_data_ptr();
  tensor.reset();
  tensor = bytes(kLarge - 1000);
  CHECK(tensor.const_data_ptr() == data);
  CHECK(reinterpret_cast<std::uintptr_t>(data) % 64 == 0);
}

TEST_CASE("tensor memory: ten large tensors after one another have their pages mapped once") {
  keep_large_tensors();
  bytes(kLarge).fill_(1);
  const auto before = mapped_pages();
  for (int k = 0; k < 10; ++k) bytes(kLarge).fill_(k);
  CHECK(mapped_pages() - before < kLarge / 4096);
}

TEST_CASE("tensor memory: it knows its own") {
  const auto before = bytes(8);
  keep_large_tensors();
  std::array<std::byte, 8> foreign{};
  CHECK(is_tensor_memory(before.storage().data_ptr()));
  CHECK(is_tensor_memory(bytes(8).storage().data_ptr()));
  CHECK(is_tensor_memory(bytes(kLarge).storage().data_ptr()));
  CHECK_FALSE(is_tensor_memory(at::from_blob(foreign.data(), {8}, at::kByte).storage().data_ptr()));
}

TEST_CASE("tensor memory: oneDNN may allocate and free without a tensor, large and small") {
  keep_large_tensors();
  auto* const allocator = c10::GetCPUAllocator();
  for (const auto count : {std::size_t{64}, static_cast<std::size_t>(kLarge)})
    allocator->raw_deallocate(allocator->raw_allocate(count));
  CHECK(c10::GetCPUAllocator()->raw_deleter() != c10::GetDefaultCPUAllocator()->raw_deleter());
}

TEST_CASE("tensor memory: where none is left it fails as LibTorch does, and is counted") {
  keep_large_tensors();
  const auto before = failed_tensor_allocations();
  CHECK_THROWS_WITH(bytes(std::int64_t{1} << 60), Catch::Contains("can't allocate memory"));
  CHECK(failed_tensor_allocations() == before + 1);
}

}  // namespace infer::detail
