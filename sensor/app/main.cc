// SPDX-License-Identifier: Apache-2.0
#include "app/verbs.h"

int main(int argc, char** argv) { return nameward::RunCommandLine(argc, argv); }
