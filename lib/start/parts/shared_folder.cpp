#include "start/parts/shared_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "comm/agreement.hpp"
#include "writer/journal/claim.hpp"

namespace infer {
namespace {

constexpr std::string_view kTokenBegin = "infer: do all ranks see this? ";
constexpr mode_t kFileMode = 0666;
constexpr Seconds kPatience{5};  ///< network file systems show a new file late
constexpr std::chrono::milliseconds kBetweenLooks{50};

bool is_token(std::string_view bytes) {
  return bytes.starts_with(kTokenBegin) || kTokenBegin.starts_with(bytes);
}

std::string new_token() {
  std::random_device random;
  const auto high = std::uint64_t{random()} << 32U;
  return std::string(kTokenBegin) + digest_text(high | random()) + "\n";
}

/// Of a run that died here. This one has the folder's journal, so no other needs it.
void remove_token(const std::string& path) {
  check_helper(path, is_token);
  ::unlink(path.c_str());
}

void write_token(const std::string& path, const std::string& token) {
  remove_token(path);
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file || !write_all(file.get(), token))
    throw UsageError(errno_message("cannot write into --output-dir, " + path));
}

bool sees(const std::string& path, const std::string& token) {
  for (const Deadline deadline(kPatience);; std::this_thread::sleep_for(kBetweenLooks)) {
    std::ifstream file(path, std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (found == token) return true;
    if (deadline.passed()) return false;
  }
}

struct Removal {
  std::string path;
  ~Removal() {
    if (!path.empty()) ::unlink(path.c_str());
  }
};

}  // namespace

void agree_on_folder(Channel& channel, const std::string& folder, Deadline deadline) {
  const auto path = folder + "/manifest.json.seen";
  if (channel.size() == 1) return agree(channel, deadline, [&] { remove_token(path); });
  const bool is_root = channel.rank() == 0;
  auto token = is_root ? new_token() : "";
  agree_with_root(channel, deadline, [&] { write_token(path, token); });
  const Removal removal{is_root ? path : ""};
  token = broadcast(channel, token, deadline);
  agree(channel, deadline, [&] {
    if (sees(path, token)) return;
    throw UsageError(
        "--output-dir " + folder + " is here another folder than on " + channel.describe(0) +
        ": every rank writes files into it, so it must be one folder on a file system that all of "
        "them share, named by its whole path");
  });
}

}  // namespace infer
