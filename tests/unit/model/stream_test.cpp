// A thread's stream on a GPU, by a guard of LibTorch's that only pretends: no device is needed.
#include <c10/core/impl/FakeGuardImpl.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "model/device.hpp"

namespace {

using c10::impl::FakeGuardImpl;

std::atomic<c10::StreamId> next_stream{1};
std::atomic<int> waits{0};
std::atomic<c10::DeviceIndex> waited_for{-1};

/// Deals streams in turn, as LibTorch's pool does.
struct PretendedGpu final : c10::impl::DeviceGuardImplInterface {
  PretendedGpu() = default;
  explicit PretendedGpu(c10::DeviceType /*type*/) {}

  c10::DeviceType type() const override { return c10::kCUDA; }
  c10::Device exchangeDevice(c10::Device device) const override { return fake.exchangeDevice(device); }
  c10::Device getDevice() const override { return fake.getDevice(); }
  void setDevice(c10::Device device) const override { fake.setDevice(device); }
  void uncheckedSetDevice(c10::Device device) const noexcept override { fake.uncheckedSetDevice(device); }
  c10::Stream getStream(c10::Device device) const override { return fake.getStream(device); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return fake.exchangeStream(stream); }
  c10::Stream getStreamFromGlobalPool(c10::Device device, bool /*isHighPriority*/) const override {
    return c10::Stream(c10::Stream::UNSAFE, device, next_stream++);
  }
  c10::DeviceIndex deviceCount() const noexcept override { return fake.deviceCount(); }
  void synchronizeDevice(c10::DeviceIndex index) const override {
    ++waits;
    waited_for = index;
  }

  FakeGuardImpl<c10::kCUDA> fake;
};

C10_REGISTER_GUARD_IMPL(CUDA, PretendedGpu)

const c10::Device kDevice(c10::kCUDA, 3);

}  // namespace

TEST_CASE("streams: every thread has one of its own, on the device it asked for") {
  std::set<c10::StreamId> streams;
  for (int i = 0; i < 4; ++i) {
    std::thread([&] {
      infer::detail::prepare_thread(kDevice, 1);
      CHECK(c10::impl::VirtualGuardImpl(c10::kCUDA).getDevice() == kDevice);
      streams.insert(c10::impl::VirtualGuardImpl(c10::kCUDA).getStream(kDevice).id());
    }).join();
  }
  CHECK(streams.size() == 4);
  CHECK_FALSE(streams.contains(0));  // the default one, which all would share
}

TEST_CASE("streams: what loading started is waited for, on that device; a CPU has nothing to wait for") {
  infer::detail::finish_device_work(c10::Device(c10::kCPU));
  CHECK(waits == 0);
  infer::detail::finish_device_work(kDevice);
  CHECK(waits == 1);
  CHECK(waited_for == 3);
}
