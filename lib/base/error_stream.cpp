#include "base/error_stream.hpp"

#include <iostream>
#include <memory>
#include <streambuf>
#include <string_view>

namespace infer {
namespace {

thread_local std::string* held = nullptr;

/// Keeps no characters of its own, so that threads do not meet in it.
class ByThread final : public std::streambuf {
 public:
  explicit ByThread(std::streambuf* usual) : usual_(usual) {}

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    if (held == nullptr) return usual_->sputc(traits_type::to_char_type(c));
    held->push_back(traits_type::to_char_type(c));
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    if (held == nullptr) return usual_->sputn(text, size);
    held->append(text, static_cast<std::size_t>(size));
    return size;
  }
  int sync() override { return held == nullptr ? usual_->pubsync() : 0; }

 private:
  std::streambuf* const usual_;
};

/// Stays in std::cerr to the end of the process, after the destructors of statics too.
void install() {
  [[maybe_unused]] static const auto* const installed = [] {
    auto* const by_thread = std::make_unique<ByThread>(std::cerr.rdbuf()).release();
    std::cerr.rdbuf(by_thread);
    return by_thread;
  }();
}

}  // namespace

HeldErrorStream::HeldErrorStream() {
  install();
  held = &text_;
}

HeldErrorStream::~HeldErrorStream() {
  held = nullptr;
  if (!text_.empty()) std::cerr << text_ << std::flush;
}

void HeldErrorStream::drop_errors() {
  std::string kept;
  for (std::string_view rest = text_; !rest.empty();) {
    const auto line =
        rest.substr(0, rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1);
    if (!line.starts_with("Error: ") && line != "\n") kept += line;
    rest.remove_prefix(line.size());
  }
  text_ = std::move(kept);
}

}  // namespace infer
