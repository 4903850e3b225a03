// tombolo: the one program of a node. Everything is in gateway/app/cli.cc and what it calls.
#include "gateway/app/cli.h"

int main(int argc, char** argv) { return tombolo::app::RunCommandLine(argc, argv); }
