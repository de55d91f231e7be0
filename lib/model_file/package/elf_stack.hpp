// What a compiled library says of the stack it needs. Internal to the model file.
#pragma once

namespace infer::detail {

/// Takes back that an ELF library, open for reading and writing, wants a stack that code may run on: Inductor
/// embeds weights by an assembler file that does not say otherwise, no code of it does, and glibc 2.41
/// refuses to load such a library. What is no 64-bit ELF file stays as it is. False where it cannot be
/// written; errno says why.
bool clear_executable_stack(int fd);

}  // namespace infer::detail
