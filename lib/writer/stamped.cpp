#include "writer/stamped.hpp"

namespace infer {

std::string stamped(const StampedText& source, const Counts& before) {
  std::string text;
  std::size_t done = 0;
  for (const auto& stamp : source.stamps) {
    text.append(source.text, done, stamp.position - done);
    text += std::to_string(stamp.number + (stamp.counter == Counter::line ? before.lines + 1 : before.rows));
    done = stamp.position;
  }
  return text.append(source.text, done);
}

}  // namespace infer
