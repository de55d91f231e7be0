// Preloaded, delays a rank's leave by a second, so that the launcher sees others leave before it.
#include <mpi.h>
#include <unistd.h>

int MPI_Finalize(void) {
  sleep(1);
  return PMPI_Finalize();
}
