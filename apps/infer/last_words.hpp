// What is said when a model or a library throws where nothing may be thrown, which ends the process.
#pragma once

namespace infer {

/// Compiled models do so at an index outside of a table (in a parallel loop), LibTorch 2.11 on a broken GPU
/// (in a destructor). One line on stderr, with the rank and what was thrown, and ExitCode::run_failed take
/// the place of LibTorch's and Open MPI's stacks and SIGABRT. Call it in main, after set_up_log().
void speak_before_terminating();

}  // namespace infer
