// A PyTorch model behind one interface, whichever format its file has. No LibTorch type appears here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model_file/model_file.hpp"
#include "record/predicted_chunk.hpp"
#include "record/tensor.hpp"

namespace infer {

/// What a model's code shows of how it behaves; empty where the format does not tell (AOTInductor).
struct ModelBehaviour {
  std::vector<std::string> state;       ///< what a forward changes and a later one may see
  std::vector<std::string> chance;      ///< operators that draw random numbers: "aten::rand_like"
  std::vector<std::string> training;    ///< those that draw because they were saved in training mode
  std::vector<std::string> statistics;  ///< those that take the batch's statistics for the same reason
  bool reduced_precision = false;       ///< something is computed in less than float32
};

/// What a model file says about itself.
struct ModelInfo {
  ModelFormat format = ModelFormat::torchscript;
  std::vector<ModelArgument> arguments;  ///< tensors, in call order
  std::vector<ModelArgument> unfed{};    ///< no tensors: they keep their defaults
  ModelBehaviour behaviour{};
  std::optional<DType> float_dtype;  ///< of its first floating-point parameter
  std::string device;                ///< "cpu" or "cuda", where it was loaded or compiled for
  std::string compiled_for;          ///< AOTInductor: instruction set or GPU it was compiled for; else empty
  std::uint64_t file_bytes = 0;
};

struct ModelConfig {
  std::string device = "cpu";  ///< "cpu", or "cuda:K" with K counted among the visible devices
  int threads = 1;             ///< of one forward on the CPU
  int replicas = 1;            ///< forwards at a time, on one copy of the weights
  /// On a GPU: LibTorch may choose cuDNN for attention. It plans anew for each thread and shape of a batch,
  /// for some 20 to 400 ms. Process-wide; the last model loaded decides.
  bool cudnn_attention = false;
  /// Where the files of a compiled model are already, as UnpackedModel has them; empty: they are unpacked for
  /// this one alone. Read while loading only, on a CPU.
  std::filesystem::path unpacked{};
  std::vector<std::string> libraries{};     ///< loaded before it; once in a process
  std::vector<std::string> more_devices{};  ///< for a model in stages, which are spread over all evenly
  std::optional<StageSpan> stages{};        ///< these alone are loaded; none: the whole model
};

/// The model threw for this batch; the caller bisects. what() is one line.
class ModelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The model ran, but its outputs have not a row per record.
class WrongRows : public ModelError {
 public:
  using ModelError::ModelError;
};

/// There was no memory for this batch, on the device or on the host; a smaller one may fit.
class OutOfMemory : public ModelError {
 public:
  using ModelError::ModelError;
};

/// What one forward takes. Borrowed.
struct ModelBatch {
  std::span<const HostTensor> inputs;  ///< follow info().arguments; trailing defaults may be left out
  std::span<const DType> dtypes;       ///< one per input: what the model wants, as float16 for float32 values
  std::size_t rows = 0;                ///< records: the first dimension of every output
  bool alone = false;                  ///< waits until no other forward of this model has memory in use
  bool as_saved = false;               ///< by the graph as it stands in the file; before treat() only
  std::optional<std::uint64_t> seed{};  ///< of what this forward draws; then it must run alone
  std::uint64_t chunk = 0;              ///< whose it is, for who watches
  /// Called, where they are set, when all that is left for the calling thread is to wait for other ranks, and
  /// when that is over, with the time that they were at it.
  std::function<void()> on_handed_over{};
  std::function<void(std::uint64_t others_ns)> on_handed_back{};
};

/// How far the graph in the file is rewritten for speed.
enum class Rewrites : std::uint8_t {
  all,    ///< also where numbers are folded into one another: a normalisation into the layer before it
  exact,  ///< constants are computed once; no number changes
  none,
};

/// How a model must be run to be right; the same on all ranks.
struct ModelTreatment {
  Rewrites rewrites = Rewrites::all;
  bool one_at_a_time = false;  ///< its forwards share memory that they write
};

/// What a GPU did for one thread's forwards; nothing on a CPU.
struct DeviceUse {
  struct Interval {
    Clock::time_point begin;
    Clock::time_point end;
  };
  std::vector<Interval> intervals{};  ///< one per forward: from its first copy there to its last one back
  std::uint64_t busy_ns = 0;          ///< in which no other thread's had kept it busy already
  std::uint64_t waits = 0;            ///< of a thread for the device
};

/// Thread-safe for as many threads as its ModelConfig has replicas, but for treat(); each calls
/// use_this_thread() first.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  virtual const ModelInfo& info() const = 0;

  /// Sets device and thread count for the calling thread, for as long as it lives.
  virtual void use_this_thread() = 0;

  /// One forward. Of some stages alone, inputs and results are what is carried, half types as they are. Float
  /// inputs are given as float32 and converted when the model wants half precision. No
  /// later forward changes what is returned. Throws ModelError when the model refuses the batch, WrongRows
  /// when an output has not a row per record, OutOfMemory when it is too large, RunError when nothing can run
  /// any more (a broken device).
  virtual std::vector<NamedTensor> run(const ModelBatch& batch) = 0;

  /// Of all that a forward may change and a later one may see: another digest means that it was changed.
  virtual std::uint64_t state_digest() { return 0; }

  /// Of the calling thread since it asked last.
  virtual DeviceUse take_device_use() { return {}; }

  /// Before the runners' threads use the model; may be called again.
  virtual void treat(const ModelTreatment& /*treatment*/) {}

  /// Gives back what the allocators keep for later use. Slow; worth it after OutOfMemory, once its handler
  /// and the batch's tensors are gone.
  virtual void free_cached_memory() {}
};

/// Throws UsageError with the remedy for a file that is no
/// runnable model. Loads the CUDA libraries only for a CUDA device.
std::unique_ptr<Model> load_model(const ModelFile& file, const ModelConfig& config);

/// What `infer inspect` prints, without loading weights to a device. `libraries`: as ModelConfig has them.
ModelInfo inspect_model(const ModelFile& file, std::span<const std::string> libraries = {});

/// Number of CUDA devices this process sees; 0 without a driver or with a CPU build of LibTorch.
int visible_cuda_devices();

/// Names a GPU across processes, to find two ranks on one; empty when the driver does not tell.
std::string cuda_device_id(int device);

/// "2.15.0"
std::string torch_version();

/// Whether this LibTorch has CUDA, and which version the driver here serves.
std::string cuda_version();

}  // namespace infer
