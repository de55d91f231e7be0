#include "meeting.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "settings.hpp"

namespace simulated {

constexpr std::chrono::microseconds kPoll{200};

Meeting::Meeting(std::string id, int rank, int size)
    : prefix_(settings().meeting_place + "/" + std::move(id)), rank_(rank), size_(size) {}

std::string Meeting::file(const std::string& what, int from, int to) const {
  return prefix_ + "." + what + "." + std::to_string(from) + "." + std::to_string(to);
}

void Meeting::give(const std::string& what, int to, const std::vector<std::byte>& block) const {
  const auto name = file(what, rank_, to);
  std::ofstream(name + ".part", std::ios::binary)
      .write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(block.size()));
  std::filesystem::rename(name + ".part", name);
}

std::optional<std::vector<std::byte>> Meeting::take(const std::string& what, int from,
                                                    const std::atomic<bool>& aborted) const {
  const auto name = file(what, from, rank_);
  while (!std::filesystem::exists(name)) {
    if (aborted) return std::nullopt;
    std::this_thread::sleep_for(kPoll);
  }
  std::vector<std::byte> block(std::filesystem::file_size(name));
  std::ifstream(name, std::ios::binary)
      .read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
  std::filesystem::remove(name);
  return block;
}

}  // namespace simulated
