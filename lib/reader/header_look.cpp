#include "reader/header_look.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "reader/stream/stream_watch.hpp"
#include "reader/stream/streamed_file.hpp"

namespace infer {

void look_at_header(const InputFile& file, std::size_t max_record_bytes) {
  if (!file.stays() || !traits(file.format).separator) return;
  StreamWatch watch;
  Digest digest;
  try {
    StreamedFile(0, file, max_record_bytes, watch, digest).learn_columns();
  } catch (const RunError&) {
  }
}

}  // namespace infer
