// How many CPU cores this rank may use.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace infer {

/// Cores in this process's affinity mask.
int available_cores();

/// Cores for one of `local_size` ranks on a host: the mask as it is when the launcher bound each rank to
/// cores of its own (`hosts_cores` is larger than the mask), else an equal share; at least 1.
int cores_per_rank(int mask_cores, int host_cores, int local_size);

/// Advice when the launcher bound the rank to one core though the host has more per rank; empty else.
std::optional<std::string> binding_advice(int mask_cores, int host_cores, int local_size);

/// Numbers of the cores in this process's affinity mask; none where the kernel does not tell.
std::vector<int> core_numbers();

/// "0-3, 8".
std::string core_list(std::span<const int> numbers);

/// Advice when the ranks of one host, whose cores these are, have fewer than one each; empty else.
std::optional<std::string> crowding_advice(std::span<const std::vector<int>> ranks);

/// Cores of the host that are online.
int host_cores();

}  // namespace infer
