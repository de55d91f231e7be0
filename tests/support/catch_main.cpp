#include "catch_runner.hpp"

int main(int argc, char** argv) { return infer::run_catch(argc, argv); }
