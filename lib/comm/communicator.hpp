// MPI's handle of a group of ranks, for the files here that may know MPI.
#pragma once

#include <mpi.h>

namespace infer {

struct Communicator {
  MPI_Comm handle = MPI_COMM_NULL;
};

}  // namespace infer
