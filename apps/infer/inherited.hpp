// What this process was started with and does not take as it comes.
#pragma once

namespace infer {

/// Descriptors 0, 1 and 2 are open by the time anything runs, on /dev/null where they were closed: else the
/// next file opened becomes one of them, and gets what is logged or printed. A library that fails while it is
/// loaded ends the process with a message and code 3, a current folder that was removed with code 2.
/// Variables that make OpenMP bind threads to cores are not there. Whether standard output was closed:
bool has_standard_output();

}  // namespace infer
