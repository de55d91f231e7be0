#include "start/open_model.hpp"

#include <fcntl.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "comm/agreement.hpp"
#include "comm/relay.hpp"
#include "model/package/package_folder.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

/// A copy on this host, for all its ranks: the model and, where they are outside, its weights.
class ModelCopy {
 public:
  explicit ModelCopy(std::filesystem::path original) : original_(std::move(original)), folder_(0) {}

  /// What is added from now on is of this file.
  void begin(const std::string& name) {
    path_ = folder_.path() / name;
    fd_ = UniqueFd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd_) fail("make");
  }

  void add(ByteView piece) {
    if (!write_all(fd_.get(), as_text(piece))) fail("write");
  }

  std::filesystem::path model() const { return folder_.path() / kName; }

  static constexpr const char* kName = "model";

 private:
  [[noreturn]] void fail(const std::string& attempt) const {
    throw UsageError(errno_message("cannot " + attempt + " a copy of the model " + original_.string() + ", " +
                                   path_.string()) +
                     "; free some room, or set TMPDIR to a folder of this host with more");
  }

  std::filesystem::path original_;
  detail::PackageFolder folder_;
  std::filesystem::path path_;
  UniqueFd fd_;
};

using Reading = std::function<std::size_t(std::span<char>)>;

/// Reads the model, or its weights, once from begin to end.
template <class File>
Reading reading(const File& file) {
  return [&file, offset = std::uint64_t{0}](std::span<char> place) mutable {
    const auto bytes = file.read_into(place, offset);
    offset += bytes;
    if (bytes == 0 && offset != file.bytes())
      throw RunError("cannot read the model " + file.path().string() + " behind byte " +
                     std::to_string(offset));
    return bytes;
  };
}

class Broadcast {
 public:
  Broadcast(World& world, const RunConfig& config)
      : world_(world),
        channel_(world.channel()),
        path_(config.model.path),
        wanted_(config.model.broadcast),
        silence_(config.stops.stall_timeout) {}

  std::shared_ptr<const ModelFile> open() {
    std::shared_ptr<const ModelFile> file;
    if (channel_.rank() == 0) file = std::make_shared<const ModelFile>(path_);
    if (!is_wanted(file.get())) return file ? file : std::make_shared<const ModelFile>(path_);
    const auto first_ranks =
        told_by_all(channel_, std::to_string(world_.first_local_rank()), Deadline(kSetupTimeout));
    const auto weights = broadcast(channel_, name_of_weights(file.get()), Deadline(kSetupTimeout));
    std::optional<ModelCopy> copy;
    agree(channel_, Deadline(kSetupTimeout),
          [&] { hand_on(file ? reading(*file) : Reading(), first_ranks, ModelCopy::kName, copy); });
    if (!weights.empty()) {
      agree(channel_, Deadline(kSetupTimeout),
            [&] { hand_on(file ? reading(*file->weights()) : Reading(), first_ranks, weights, copy); });
    }
    const auto paths = told_by_all(channel_, copy ? copy->model().string() : "", Deadline(kSetupTimeout));
    const auto& here = paths.at(static_cast<std::size_t>(world_.first_local_rank()));
    agree(channel_, Deadline(kSetupTimeout), [&] {
      if (!file)
        file = here.empty() ? std::make_shared<const ModelFile>(path_)
                            : std::make_shared<const ModelFile>(path_, here);
    });
    return file;
  }

 private:
  /// By rank 0's word: whether all were told the same is compared later.
  bool is_wanted(const ModelFile* file) {
    std::string word;
    try {
      if (file != nullptr && wanted_ && file->bytes() > 0) word = "yes";
    } catch (const Error&) {
      word.clear();  // told by the first who asks for more of it
    }
    return !broadcast(channel_, word, Deadline(kSetupTimeout)).empty();
  }

  /// Empty where they are inside, and where something is wrong with them, which is told as above.
  static std::string name_of_weights(const ModelFile* file) {
    try {
      const auto weights = file == nullptr ? nullptr : file->weights();
      return weights ? weights->path().filename().string() : "";
    } catch (const Error&) {
      return "";
    }
  }

  /// A chain of the hosts' first ranks, of which the first reads.
  void hand_on(Reading read, const std::vector<std::string>& first_ranks, const std::string& name,
               std::optional<ModelCopy>& copy) {
    std::set<int> chain;
    for (const auto& rank : first_ranks) chain.insert(std::stoi(rank));
    if (!chain.contains(channel_.rank())) return;
    const std::vector<int> ranks(chain.begin(), chain.end());
    RelayEnds ends;
    ends.read = std::move(read);
    bool begun = false;
    ends.take = [&](ByteView piece) {
      if (!copy) copy.emplace(path_);
      if (!std::exchange(begun, true)) copy->begin(name);
      copy->add(piece);
    };
    relay(channel_, ranks, ends, silence_);
  }

  World& world_;
  Channel& channel_;
  std::filesystem::path path_;
  bool wanted_;
  Seconds silence_;
};

}  // namespace

std::shared_ptr<const ModelFile> open_model(World& world, const RunConfig& config) {
  return Broadcast(world, config).open();
}

}  // namespace infer
