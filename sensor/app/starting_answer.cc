// SPDX-License-Identifier: Apache-2.0
#include "app/starting_answer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "app/rights.h"

namespace nameward {
namespace {

constexpr int kRequestWait = 1000;  // ms that one slow client may take
constexpr std::string_view kAnswer =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 9\r\n"
    "Connection: close\r\n\r\n"
    "starting\n";

bool Readable(int fd, int wait) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, wait) == 1;
}

void AnswerOne(int listener) {
  const UniqueFd client(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return;
  // Unread bytes at close would reset the connection before it has read.
  char request[4096];
  if (!Readable(client.get(), kRequestWait)) return;
  (void)!recv(client.get(), request, sizeof request, 0);
  (void)!send(client.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
}

[[noreturn]] void AnswerUntil(int stop, int listener) {
  for (;;) {
    pollfd both[] = {{stop, POLLIN, 0}, {listener, POLLIN, 0}};
    if (poll(both, 2, -1) < 0 && errno != EINTR) _exit(1);
    if (both[0].revents != 0) _exit(0);
    if (both[1].revents != 0) AnswerOne(listener);
  }
}

}  // namespace

StartingAnswer::StartingAnswer(int listener) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  const UniqueFd stop(ends[0]);
  stop_.Reset(ends[1]);
  child_ = fork();
  if (child_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  stop_.Reset();
  if (!DropRights({})) _exit(1);
  AnswerUntil(stop.get(), listener);
}

StartingAnswer::~StartingAnswer() {
  if (child_ < 0) return;
  (void)!write(stop_.get(), "", 1);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace nameward
