#include "mpi_test.hpp"

int main(int argc, char** argv) { return infer::run_mpi_tests(argc, argv); }
