// Marks calls into Rust for the thread sanitizer.
#pragma once

#ifdef INFER_TSAN
extern "C" void __tsan_ignore_thread_begin();
extern "C" void __tsan_ignore_thread_end();
#endif

namespace infer {

/// Around every call into Rust. The thread sanitizer sees Rust's copies, but neither its atomics nor its
/// allocator, and would report a race for memory that is handed from thread to thread.
struct InRust {
#ifdef INFER_TSAN
  InRust() { __tsan_ignore_thread_begin(); }
  ~InRust() { __tsan_ignore_thread_end(); }
#else
  InRust() {}
#endif
  InRust(const InRust&) = delete;
  InRust& operator=(const InRust&) = delete;
};

}  // namespace infer
