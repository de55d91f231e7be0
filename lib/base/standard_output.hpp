// Descriptor 1 is for rows alone. What a model or a library prints there is said elsewhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace infer {

/// Where rows and answers go: the standard output that this process was started with.
int standard_output();

/// Says a line, without its end, of whatever bytes. Called on a thread of its own, and must not throw.
using SayPrint = std::function<void(const std::string& line)>;

/// From now on each line for descriptor 1 is given to `say`, while standard_output() stays what it was. Call
/// it once, in main, before other threads. The thread that calls `say` always reads, so who prints waits for
/// that at most. Where there is no thread or pipe to be had, lines go to stderr as they are.
void keep_standard_output(SayPrint say);

/// Waits, a second at most, until what was printed so far is on stderr, the last unfinished line too. For the
/// ways out of the process that run no destructors; may be called at any time.
void flush_prints() noexcept;

/// To standard_output(), all of it. False when that fails.
bool answer_on_standard_output(std::string_view text);

/// "/dev/stdout", its other names and links to it, which lead to descriptor 1 as it is now.
bool is_standard_output(const std::string& path);

}  // namespace infer
