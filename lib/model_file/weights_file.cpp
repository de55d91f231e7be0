#include "model_file/weights_file.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "model_file/zip/zip_file.hpp"

// github.com/huggingface/safetensors has the layout: the header's length in 8 bytes, the header as JSON, the
// values.
namespace infer {
namespace {

namespace dom = simdjson::dom;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // as their library has it
constexpr std::string_view kMetadata = "__metadata__";
constexpr std::string_view kDigest = "infer_weights";

std::optional<DType> dtype_of(std::string_view name) {
  constexpr std::pair<std::string_view, DType> kNames[]{
      {"F32", DType::float32}, {"F64", DType::float64}, {"F16", DType::float16}, {"BF16", DType::bfloat16},
      {"I64", DType::int64},   {"I32", DType::int32},   {"I16", DType::int16},   {"I8", DType::int8},
      {"U8", DType::uint8},    {"BOOL", DType::boolean}};
  const auto* const found = std::ranges::find(kNames, name, &std::pair<std::string_view, DType>::first);
  return found == std::end(kNames) ? std::nullopt : std::optional(found->second);
}

class HeaderReader {
 public:
  HeaderReader(const std::filesystem::path& path, int fd, std::uint64_t file_bytes)
      : path_(path), fd_(fd), file_bytes_(file_bytes) {}

  std::vector<StoredTensor> read(const std::string& digest) {
    const auto root = parse(read_header());
    check_digest(root, digest);
    std::vector<StoredTensor> tensors;
    std::uint64_t end = data_;
    for (const auto& [name, entry] : root) {
      if (name == kMetadata) continue;
      tensors.push_back(tensor_of(name, entry));
      end = std::max(end, tensors.back().begin + tensors.back().bytes);
    }
    if (end != file_bytes_) refuse("its tensors do not end where the file does");
    std::ranges::sort(tensors, {}, &StoredTensor::name);
    return tensors;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw UsageError(path_.string() + ": this is no safetensors file, or it is damaged: " + what +
                     "; copy it again, or export the model again");
  }

  std::string read_at_begin(std::uint64_t begin, std::uint64_t size) const {
    std::string text(checked_cast<std::size_t>(size), '\0');
    if (read_at(fd_, std::span(text), begin).bytes != text.size()) refuse("it ends too early");
    return text;
  }

  std::string read_header() {
    const auto length = detail::number_at(read_at_begin(0, kLengthBytes), 0, kLengthBytes);
    if (length > kMostHeaderBytes || length > file_bytes_ - kLengthBytes)
      refuse("its header would have " + std::to_string(length) + " bytes");
    data_ = kLengthBytes + length;
    return read_at_begin(kLengthBytes, length);
  }

  dom::object parse(const std::string& header) {
    dom::object root;
    if (parser_.parse(header).get_object().get(root)) refuse("its header is no JSON object");
    return root;
  }

  void check_digest(dom::object root, const std::string& digest) const {
    std::string_view said;
    if (root[kMetadata][kDigest].get_string().get(said)) said = "";
    if (said == digest) return;
    throw UsageError(path_.string() + ": these are not the weights of this model, but others (" +
                     (said.empty() ? "not written by the exporter" : std::string(said)) +
                     "); put the file there that was exported with it, or export the model again");
  }

  StoredTensor tensor_of(std::string_view name, const dom::element& entry) const {
    const auto place = "tensor " + std::string(name);
    StoredTensor tensor;
    tensor.name = name;
    std::string_view dtype;
    if (entry["dtype"].get_string().get(dtype) || !dtype_of(dtype))
      refuse(place + " has no type that is known");
    tensor.dtype = *dtype_of(dtype);
    tensor.shape = shape_of(entry, place);
    const auto [begin, end] = offsets_of(entry, place);
    tensor.begin = data_ + begin;
    tensor.bytes = end - begin;
    if (tensor.bytes != element_count(tensor.shape) * dtype_size(tensor.dtype))
      refuse(place + " has not the bytes of its shape");
    if (tensor.begin % dtype_size(tensor.dtype) != 0) refuse(place + " is not aligned to its elements");
    return tensor;
  }

  Shape shape_of(const dom::element& entry, const std::string& place) const {
    dom::array sizes;
    if (entry["shape"].get_array().get(sizes)) refuse(place + " has no shape");
    Shape shape;
    std::uint64_t count = 1;
    for (const auto size : sizes) {
      std::int64_t number = 0;
      if (size.get_int64().get(number) || number < 0) refuse(place + " has an impossible shape");
      if (number > 0 && count > file_bytes_ / static_cast<std::uint64_t>(number))
        refuse(place + " is larger than the file");
      count *= static_cast<std::uint64_t>(number);
      shape.push_back(number);
    }
    return shape;
  }

  std::pair<std::uint64_t, std::uint64_t> offsets_of(const dom::element& entry,
                                                     const std::string& place) const {
    dom::array offsets;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (entry["data_offsets"].get_array().get(offsets) || offsets.size() != 2 ||
        offsets.at(0).get_uint64().get(begin) || offsets.at(1).get_uint64().get(end) || begin > end ||
        end > file_bytes_ - data_)
      refuse(place + " lies outside the file");
    return {begin, end};
  }

  const std::filesystem::path& path_;
  int fd_;
  std::uint64_t file_bytes_;
  std::uint64_t data_ = 0;  // where the values begin
  dom::parser parser_;
};

}  // namespace

std::size_t WeightsFile::read_into(std::span<char> place, std::uint64_t begin) const {
  return read_at(fd_.get(), place, begin).bytes;
}

WeightsFile::WeightsFile(std::filesystem::path path, const std::string& digest)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0)
    throw UsageError(errno_message("cannot open the model's weights " + path_.string()) +
                     "; they stand beside the model, under the name that it was exported with: copy both");
  bytes_ = checked_cast<std::uint64_t>(status.st_size);
  tensors_ = HeaderReader(path_, fd_.get(), std::max(bytes_, kLengthBytes)).read(digest);
}

}  // namespace infer
