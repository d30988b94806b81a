// SPDX-License-Identifier: Apache-2.0
#include "generator.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "loopback.h"

namespace nameward {
namespace {

constexpr uint64_t kWarmUpNs = 2'000'000;
// Operations between two looks at the clock.
constexpr int kStride = 8;
constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kOtherPort = 5300;
constexpr uint16_t kStreamPort = 8080;

// www.example.com A?
constexpr std::string_view kQuery(
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    "\3www\7example\3com\0\0\1\0\1",
    33);
// The same with two addresses.
constexpr std::string_view kAnswer(
    "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
    "\3www\7example\3com\0\0\1\0\1"
    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2",
    65);
// As QUIC or a game sends it.
constexpr std::string_view kNotDns(
    "\xc3\xff\xff\xff\xff no DNS, 32 bytes ......", 32);

struct Request {
  Work work;
  uint64_t wall_ns;
};

class Worker {
 public:
  void OpenServers() {
    dns_server_ = Server(SOCK_DGRAM, kDnsPort);
    other_server_ = Server(SOCK_DGRAM, kOtherPort);
    listener_ = Server(SOCK_STREAM, kStreamPort);
  }
  // By now the process is of the measured cgroup.
  void OpenClients() {
    dns_client_ = Client(SOCK_DGRAM, kDnsPort);
    other_client_ = Client(SOCK_DGRAM, kOtherPort);
    stream_client_ = Client(SOCK_STREAM, kStreamPort);
    stream_server_ = Must(accept(listener_, nullptr, nullptr), "accept");
    const int on = 1;
    setsockopt(stream_client_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(stream_server_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  Window Run(Work work, uint64_t wall_ns) const {
    Window window;
    const uint64_t cpu = NowNs(CLOCK_THREAD_CPUTIME_ID);
    const uint64_t end = NowNs(CLOCK_MONOTONIC) + wall_ns;
    while (NowNs(CLOCK_MONOTONIC) < end) {
      for (int i = 0; i < kStride; ++i) Once(work);
      window.operations += kStride;
    }
    window.cpu_ns = NowNs(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return window;
  }

 private:
  void Once(Work work) const {
    switch (work) {
      case Work::kConnect:
        return ConnectOnce(listener_, kStreamPort);
      case Work::kDns:
        return Exchange(dns_client_, dns_server_, kQuery, kAnswer);
      case Work::kDatagram:
        return Exchange(other_client_, other_server_, kNotDns, kNotDns);
      case Work::kStream:
        return StreamOnce();
    }
  }

  void StreamOnce() const {
    char byte = 'x';
    MustBe(send(stream_client_, &byte, 1, 0), 1, "send");
    MustBe(recv(stream_server_, &byte, 1, 0), 1, "receive");
    MustBe(send(stream_server_, &byte, 1, 0), 1, "send back");
    MustBe(recv(stream_client_, &byte, 1, 0), 1, "receive back");
  }

  int dns_server_ = -1, other_server_ = -1, listener_ = -1;
  int dns_client_ = -1, other_client_ = -1;
  int stream_client_ = -1, stream_server_ = -1;
};

[[noreturn]] void Serve(int channel, const std::string& cgroup, int cpu) {
  Worker worker;
  OwnNetwork();
  worker.OpenServers();
  Join(cgroup);
  worker.OpenClients();
  Pin(cpu);
  Request request{};
  while (read(channel, &request, sizeof request) == sizeof request) {
    (void)worker.Run(request.work, kWarmUpNs);
    const Window window = worker.Run(request.work, request.wall_ns);
    MustBe(write(channel, &window, sizeof window), sizeof window, "report");
  }
  _exit(0);
}

}  // namespace

std::string_view ToString(Work work) {
  switch (work) {
    case Work::kConnect:
      return "connect + accept + close";
    case Work::kDns:
      return "DNS query + answer";
    case Work::kDatagram:
      return "UDP there and back, no DNS";
    case Work::kStream:
      break;
  }
  return "TCP byte there and back";
}

Result<Generator> Generator::Start(const std::string& cgroup, int cpu) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return ErrnoError("socketpair", errno);
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return ErrnoError("fork", errno);
  if (pid == 0) {
    ours.Reset();
    Serve(theirs.get(), cgroup, cpu);
  }
  return Generator(pid, std::move(ours));
}

Generator::~Generator() {
  if (!channel_) return;  // moved away
  channel_.Reset();
  waitpid(pid_, nullptr, 0);
}

Result<Window> Generator::Run(Work work, uint64_t wall_ns) {
  const Request request{work, wall_ns};
  Window window;
  if (write(channel_.get(), &request, sizeof request) != sizeof request ||
      read(channel_.get(), &window, sizeof window) != sizeof window) {
    return Error{"the generator", "it ended", "see above"};
  }
  return window;
}

}  // namespace nameward
