#include "writer/formed_file.hpp"

#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "writer/read_again.hpp"

namespace infer {
namespace {

std::uint64_t digest_of_file(const std::string& path, std::uint64_t bytes) {
  Digest digest;
  read_again(open_again(path), path, 0, bytes, [&](std::string_view piece) { digest.add(piece); });
  return digest.value();
}

}  // namespace

void begin_rows(OutputFile& file, const OutputForm& form) {
  const auto header = form.header_text(0);
  form.header_counts_rows ? file.write_start(header) : file.write(header);
}

void end_rows(OutputFile& file, const OutputForm& form, std::uint64_t rows) {
  if (form.header_counts_rows) file.write_start(form.header_text(rows));
  if (form.pack && file.is_empty()) file.write(form.pack(""));  // a file without a byte is no packed one
  if (form.footer) file.write_end(form.footer);
}

FinishedFile finish_rows(OutputFile& file, const OutputForm& form, std::uint64_t rows) {
  end_rows(file, form, rows);
  const auto bytes = file.sync().end;
  const auto& path = file.path().written;
  const FinishedFile finished{bytes, digest_of_file(path, bytes)};
  file.commit(Existing::is_replaced);
  return finished;
}

}  // namespace infer
