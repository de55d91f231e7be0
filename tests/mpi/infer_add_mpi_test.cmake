# infer_add_mpi_test(gather [ALONE] RANKS 1 2 3 4 SOURCES gather_test.cpp [MAIN main.cpp] [LABELS mpi] [ENVIRONMENT A=1])
# One program, one ctest entry per rank count: gather.np1, gather.np2, ... Exit 77 counts as skipped.
# Also gather.alone, without a launcher, where ALONE is given.
include_guard(DIRECTORY)
find_package(Catch2 2 REQUIRED)

set(INFER_MPI_TEST_DIR ${CMAKE_CURRENT_LIST_DIR})
# Open MPI as root, and without looking for ssh. Without single copy, large messages travel in fragments as they do
# between hosts, and small ones could overtake them.
set(INFER_MPI_ENVIRONMENT OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm_rsh_agent=/bin/false
  OMPI_MCA_btl_vader_single_copy_mechanism=none)
set(INFER_MPIRUN ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none ${MPIEXEC_NUMPROC_FLAG})

if(NOT TARGET infer_mpi_test_support)
  add_library(infer_mpi_test_support STATIC ${INFER_MPI_TEST_DIR}/mpi_test.cpp)
  target_include_directories(infer_mpi_test_support PUBLIC ${INFER_MPI_TEST_DIR})
  target_link_libraries(infer_mpi_test_support PUBLIC infer::comm infer_catch_main PRIVATE infer_options)
endif()

function(infer_add_mpi_test name)
  cmake_parse_arguments(ARG "ALONE" "MAIN" "RANKS;SOURCES;LINKS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_MAIN)
    set(ARG_MAIN ${INFER_MPI_TEST_DIR}/main.cpp)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS mpi)
  endif()
  infer_add_executable(${name}_mpi_test SOURCES ${ARG_SOURCES} ${ARG_MAIN} LINKS comm ${ARG_LINKS}
                       PRIVATE_LINKS infer_mpi_test_support)
  if(ARG_ALONE)
    add_test(NAME ${name}.alone COMMAND ${name}_mpi_test)
    set_tests_properties(${name}.alone PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 60 SKIP_RETURN_CODE 77)
  endif()
  foreach(ranks IN LISTS ARG_RANKS)
    add_test(NAME ${name}.np${ranks} COMMAND ${INFER_MPIRUN} ${ranks} $<TARGET_FILE:${name}_mpi_test>)
    set_tests_properties(${name}.np${ranks} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 60
      SKIP_RETURN_CODE 77 ENVIRONMENT "${INFER_MPI_ENVIRONMENT};${ARG_ENVIRONMENT}")
    infer_measures_time(${name}.np${ranks} 20)
  endforeach()
endfunction()
