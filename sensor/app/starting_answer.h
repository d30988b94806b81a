// SPDX-License-Identifier: Apache-2.0
// Answers every request on a listening socket with 503 "starting", until it is
// destroyed: loading programs takes seconds, may have no second thread
// (rights.h), and a probe that hangs is worse than one that says no.
//
// A child process that holds no rights; it ends with its parent at the latest.
#ifndef NAMEWARD_APP_STARTING_ANSWER_H_
#define NAMEWARD_APP_STARTING_ANSWER_H_

#include <sys/types.h>

#include "base/unique_fd.h"

namespace nameward {

class StartingAnswer {
 public:
  // Call it from the only thread.  If it can't be had, requests wait.
  explicit StartingAnswer(int listener);
  ~StartingAnswer();
  StartingAnswer(const StartingAnswer&) = delete;
  StartingAnswer& operator=(const StartingAnswer&) = delete;

 private:
  UniqueFd stop_;  // a byte here ends the child; the keeper holds a copy, too
  pid_t child_ = -1;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_STARTING_ANSWER_H_
