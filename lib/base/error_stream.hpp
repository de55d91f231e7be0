// What libraries say on std::cerr of an error that they also throw, and that is told elsewhere.
#pragma once

#include <string>

namespace infer {

/// Holds back what this thread writes to std::cerr, and passes it on at the end. Other threads write on. One
/// at a time on a thread.
class HeldErrorStream {
 public:
  HeldErrorStream();
  HeldErrorStream(const HeldErrorStream&) = delete;
  HeldErrorStream& operator=(const HeldErrorStream&) = delete;
  ~HeldErrorStream();

  /// Drops the lines "Error: ..." so far, and the empty ones.
  void drop_errors();

 private:
  std::string text_;
};

}  // namespace infer
