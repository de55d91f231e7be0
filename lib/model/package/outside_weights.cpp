#include "model/package/outside_weights.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "model/failure.hpp"
#include "model/tensor_convert.hpp"

namespace infer::detail {

/// All of the file. Pages are the page cache's, so one copy serves the host; what a model writes becomes its
/// own.
class OutsideWeights::Mapping {
 public:
  explicit Mapping(const WeightsFile& file)
      : bytes_(checked_cast<std::size_t>(file.bytes())),
        begin_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.descriptor(),
                      0)) {
    if (begin_ == MAP_FAILED)
      throw LoadProblem(errno_message("cannot map the weights " + file.path().string() + ", " +
                                      std::to_string(bytes_) + " bytes") +
                        "; raise the limit on virtual memory (ulimit -v)");
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(begin_, bytes_); }

  /// Reading it ahead begins.
  std::span<std::byte> of(const StoredTensor& tensor) const {
    read_ahead(tensor);
    return {static_cast<std::byte*>(begin_) + tensor.begin, checked_cast<std::size_t>(tensor.bytes)};
  }

 private:
  /// By whole pages. What other packages take stays on the disk.
  void read_ahead(const StoredTensor& tensor) const {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = tensor.begin / page * page;
    ::madvise(static_cast<std::byte*>(begin_) + begin,
              checked_cast<std::size_t>(tensor.begin + tensor.bytes - begin), MADV_WILLNEED);
  }

  std::size_t bytes_;
  void* begin_;
};

namespace {

using Loader = torch::inductor::AOTIModelPackageLoader;

/// Bytes to a GPU, by two pinned buffers: while one travels, the other is filled from the file.
class Upload {
 public:
  explicit Upload(c10::Device device) : device_(device), guard_(device.type()) {
    for (auto& buffer : buffers_)
      buffer.pinned = at::empty({kBytes}, at::TensorOptions(at::kByte).pinned_memory(true));
  }

  void copy(std::span<const std::byte> bytes, const at::Tensor& target) {
    for (std::size_t at = 0; at < bytes.size(); at += kBytes) {
      const auto piece = bytes.subspan(at, std::min<std::size_t>(kBytes, bytes.size() - at));
      auto& buffer = buffers_[next_++ % buffers_.size()];
      buffer.sent.synchronize();
      std::memcpy(buffer.pinned.data_ptr(), piece.data(), piece.size());
      const auto size = checked_cast<std::int64_t>(piece.size());
      target.narrow(0, checked_cast<std::int64_t>(at), size)
          .copy_(buffer.pinned.narrow(0, 0, size), /*non_blocking=*/true);
      buffer.sent = c10::Event(device_.type());
      buffer.sent.record(guard_.getStream(device_));
    }
  }

  ~Upload() {
    for (auto& buffer : buffers_) buffer.sent.synchronize();
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

 private:
  static constexpr std::int64_t kBytes = std::int64_t{32} << 20U;

  struct Buffer {
    at::Tensor pinned;
    c10::Event sent{c10::DeviceType::CUDA};
  };
  c10::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  std::array<Buffer, 2> buffers_;
  std::size_t next_ = 0;
};

/// The types of the constants that a package wants, by the names they had in the model.
std::unordered_map<std::string, c10::ScalarType> wanted_types(Loader& package) {
  auto& runner = *package.get_runner();
  const auto types = runner.getConstantNamesToDtypes();
  std::unordered_map<std::string, c10::ScalarType> wanted;
  for (const auto& [name, original] : runner.getConstantNamesToOriginalFQNs())
    wanted[original] = static_cast<c10::ScalarType>(types.at(name));
  return wanted;
}

const StoredTensor& find(const WeightsFile& file, const std::string& name, c10::ScalarType type) {
  const auto& tensors = file.tensors();
  const auto found = std::ranges::lower_bound(tensors, name, {}, &StoredTensor::name);
  if (found == tensors.end() || found->name != name)
    throw LoadProblem("its weights " + file.path().string() + " have no tensor " + name +
                      "; export it again");
  if (scalar_type(found->dtype) != type)
    throw LoadProblem("of its weights " + file.path().string() + ", " + name + " is " +
                      std::string(dtype_name(found->dtype)) +
                      ", not what it was compiled for; export it again");
  return *found;
}

}  // namespace

OutsideWeights::OutsideWeights(std::shared_ptr<const WeightsFile> file, Loader& package, c10::Device device)
    : mapping_(std::make_unique<Mapping>(*file)) {
  std::optional<Upload> upload;
  if (!device.is_cpu()) upload.emplace(device);
  std::unordered_map<std::string, at::Tensor> constants;
  for (const auto& [name, type] : wanted_types(package)) {
    const auto& stored = find(*file, name, type);
    const auto bytes = mapping_->of(stored);
    void* values = bytes.data();
    if (upload) {
      on_device_.push_back(
          at::empty({checked_cast<std::int64_t>(bytes.size())}, at::TensorOptions(at::kByte).device(device)));
      upload->copy(bytes, on_device_.back());
      values = on_device_.back().data_ptr();
    }
    constants[name] = at::from_blob(values, stored.shape, at::TensorOptions(type).device(device));
  }
  constexpr bool kUseInactive = false;
  constexpr bool kCheckAll = true;
  constexpr bool kUserManaged = true;
  package.load_constants(constants, kUseInactive, kCheckAll, kUserManaged);
  if (upload) mapping_.reset();
}

OutsideWeights::~OutsideWeights() = default;

}  // namespace infer::detail
