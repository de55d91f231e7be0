#include "model_file/package/elf_stack.hpp"

#include <elf.h>
#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "base/unique_fd.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;

namespace {

/// A library's headers: one segment of code and one of the stack.
std::string library(Elf64_Word stack_flags) {
  Elf64_Ehdr file{};
  std::memcpy(file.e_ident, ELFMAG, SELFMAG);
  file.e_ident[EI_CLASS] = ELFCLASS64;
  file.e_phoff = sizeof file;
  file.e_phentsize = sizeof(Elf64_Phdr);
  file.e_phnum = 2;
  Elf64_Phdr code{}, stack{};
  code.p_type = PT_LOAD;
  code.p_flags = PF_R | PF_X;
  stack.p_type = PT_GNU_STACK;
  stack.p_flags = stack_flags;
  std::string bytes(sizeof file + 2 * sizeof code, '\0');
  std::memcpy(bytes.data(), &file, sizeof file);
  std::memcpy(bytes.data() + sizeof file, &code, sizeof code);
  std::memcpy(bytes.data() + sizeof file + sizeof code, &stack, sizeof stack);
  return bytes + "code and weights";
}

std::string cleared(const std::string& content) {
  const test::ScratchFolder folder;
  const UniqueFd fd(::open(folder.write("a.so", content).c_str(), O_RDWR));
  REQUIRE(detail::clear_executable_stack(fd.get()));
  return folder.read("a.so");
}

}  // namespace

TEST_CASE("package: a library's stack need not be one that code may run on") {
  CHECK(cleared(library(PF_R | PF_W | PF_X)) == library(PF_R | PF_W));
  CHECK(cleared(library(PF_R | PF_W)) == library(PF_R | PF_W));
}

TEST_CASE("package: what is no whole library stays as it is") {
  const auto whole = library(PF_R | PF_W | PF_X);
  for (const auto& content : {std::string(), std::string("no library"), whole.substr(0, 20),
                              whole.substr(0, 100), whole.substr(0, 150), "x" + whole})
    CHECK(cleared(content) == content);
}
