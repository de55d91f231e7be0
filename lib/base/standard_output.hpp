// Descriptor 1 is for rows alone. What a model or a library prints there goes to stderr, marked.
#pragma once

#include <string>
#include <string_view>

namespace infer {

/// Where rows and answers go: the standard output that this process was started with.
int standard_output();

/// From now on descriptor 1 leads to stderr, each line after `mark`, while standard_output() stays what it
/// was. Call it once, in main, before other threads. A thread does the marking and always reads, so who
/// prints waits for stderr at most. Where there is no thread or pipe to be had, lines go to stderr as they
/// are.
void keep_standard_output(const std::string& mark);

/// Waits, a second at most, until what was printed so far is on stderr, the last unfinished line too. For the
/// ways out of the process that run no destructors; may be called at any time.
void flush_prints() noexcept;

/// To standard_output(), all of it. False when that fails.
bool answer_on_standard_output(std::string_view text);

/// "/dev/stdout", its other names and links to it, which lead to descriptor 1 as it is now.
bool is_standard_output(const std::string& path);

}  // namespace infer
