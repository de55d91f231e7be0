// How a line of the log looks.
#pragma once

namespace infer {

/// stderr, "infer: MESSAGE", one line each whatever a message quotes.
void set_up_log();

}  // namespace infer
