// The launcher's PMIx library, by which MPI knows the other ranks, asked past MPI.
#pragma once

namespace infer {

/// Returns once all ranks of the job are here, by a fence that exchanges what they have told PMIx (nothing
/// new). Collective; while MPI runs. Does nothing where MPI has a PMIx of its own; an error of it is passed
/// over, for what comes next meets the other ranks by MPI.
void wait_by_exchange();

}  // namespace infer
