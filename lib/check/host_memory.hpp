// How much memory processes on this host may still take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace infer {

/// Without what the kernel gives back where it is wanted, and with swap; what the control group allows, where
/// that is less. Empty where the kernel does not tell.
std::optional<std::uint64_t> available_memory();

/// Of the text of /proc/meminfo. Pure.
std::optional<std::uint64_t> parse_meminfo(const std::string& text);

/// Of a control group's limit, what it uses, and the part of that which is given back. "max" is no limit.
/// Pure.
std::optional<std::uint64_t> room_in_group(const std::string& limit, const std::string& used,
                                           std::uint64_t given_back);

}  // namespace infer
