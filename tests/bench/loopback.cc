// SPDX-License-Identifier: Apache-2.0
#include "loopback.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace nameward {

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "generator: %s: %s\n", what, std::strerror(errno));
  _exit(1);
}
int Must(int result, const char* what) {
  if (result < 0) Die(what);
  return result;
}
void MustBe(ssize_t got, size_t wanted, const char* what) {
  if (got != static_cast<ssize_t>(wanted)) Die(what);
}

uint64_t NowNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<uint64_t>(now.tv_nsec);
}

namespace {

sockaddr_in Local(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}
const sockaddr* Raw(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int Open(int type) { return Must(socket(AF_INET, type, 0), "socket"); }

}  // namespace

int Server(int type, uint16_t port) {
  const int fd = Open(type);
  const sockaddr_in address = Local(port);
  Must(bind(fd, Raw(address), sizeof address), "bind");
  if (type == SOCK_STREAM) Must(listen(fd, 64), "listen");
  return fd;
}

int Client(int type, uint16_t port) {
  const int fd = Open(type);
  const sockaddr_in address = Local(port);
  Must(connect(fd, Raw(address), sizeof address), "connect");
  return fd;
}

void CloseHard(int fd) {
  const linger at_once{1, 0};  // RST: no TIME_WAIT piles up
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

void ConnectOnce(int listener, uint16_t port) {
  const int client = Client(SOCK_STREAM, port);
  const int server = Must(accept(listener, nullptr, nullptr), "accept");
  CloseHard(client);
  CloseHard(server);
}

void Exchange(int client, int server, std::string_view ask,
              std::string_view reply) {
  char buffer[512];
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  MustBe(send(client, ask.data(), ask.size(), 0), ask.size(), "ask");
  MustBe(recvfrom(server, buffer, sizeof buffer, 0,
                  reinterpret_cast<sockaddr*>(&peer), &size),
         ask.size(), "serve");
  MustBe(sendto(server, reply.data(), reply.size(), 0, Raw(peer), size),
         reply.size(), "reply");
  MustBe(recv(client, buffer, sizeof buffer, 0), reply.size(), "hear");
}

void OwnNetwork() {
  Must(unshare(CLONE_NEWNET), "unshare");
  const int fd = Open(SOCK_DGRAM);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  Must(ioctl(fd, SIOCSIFFLAGS, &request), "lo up");
  close(fd);
}

void Join(const std::string& cgroup) {
  const int fd =
      Must(open((cgroup + "/cgroup.procs").c_str(), O_WRONLY), "cgroup.procs");
  MustBe(write(fd, "0", 1), 1, "join the cgroup");
  close(fd);
}

void Pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  Must(sched_setaffinity(0, sizeof set, &set), "pin");
  const sched_param first{1};
  Must(sched_setscheduler(0, SCHED_FIFO, &first), "go before all others");
}

}  // namespace nameward
