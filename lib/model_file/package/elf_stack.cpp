#include "model_file/package/elf_stack.hpp"

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "base/file_io.hpp"

namespace infer::detail {
namespace {

template <class Header>
std::optional<Header> read_header(int fd, std::uint64_t offset) {
  Header header{};
  const auto bytes = std::as_writable_bytes(std::span(&header, 1));
  if (read_at(fd, bytes, offset).bytes < bytes.size()) return std::nullopt;
  return header;
}

bool is_elf(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_phentsize == sizeof(Elf64_Phdr);
}

}  // namespace

bool clear_executable_stack(int fd) {
  const auto file = read_header<Elf64_Ehdr>(fd, 0);
  if (!file || !is_elf(*file)) return true;
  for (std::uint64_t i = 0; i < file->e_phnum; ++i) {
    const auto offset = file->e_phoff + i * sizeof(Elf64_Phdr);
    auto segment = read_header<Elf64_Phdr>(fd, offset);
    if (!segment) return true;
    if (segment->p_type != PT_GNU_STACK || (segment->p_flags & PF_X) == 0) continue;
    segment->p_flags &= ~Elf64_Word{PF_X};
    return write_all_at(fd, {reinterpret_cast<const char*>(&*segment), sizeof *segment}, offset);
  }
  return true;
}

}  // namespace infer::detail
