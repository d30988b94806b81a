// SPDX-License-Identifier: Apache-2.0
// load fill CGROUPS           look-ups of 1,024 addresses in each cgroup
// load steady CGROUPS RATE S  RATE look-ups and as many connects a second
// load connects CGROUP RATE S RATE connects a second to ports that nobody has
// load windows CGROUP         "connect MS" on stdin, "operations cpu_ns" out
//
// Both ends in one thread, on loopback of this network namespace; the servers'
// sockets are of the cgroup in which it was started, the clients' of those
// below the folder CGROUPS.  Prints what it did.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "generator.h"
#include "loopback.h"

namespace nameward {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kStreamPort = 8080;
constexpr int kCpu = 1;
constexpr unsigned kAddresses = 3;  // of an answer
constexpr int kLookUps = 342;       // 1,026 addresses
constexpr uint64_t kTickNs = 1'000'000;

struct Servers {
  int dns = Server(SOCK_DGRAM, kDnsPort);
  int stream = Server(SOCK_STREAM, kStreamPort);
};

void Put16(std::string& to, unsigned value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value);
}

// nNUMBER.shop.example A?, and three addresses of that number.
struct LookUp {
  std::string query;
  std::string answer;

  void Make(uint32_t number) {
    char name[32];
    const int size = std::snprintf(name, sizeof name, "n%u", number);
    query.clear();
    Put16(query, number & 0xffff);
    query.append("\1\0\0\1\0\0\0\0\0\0", 10);
    query += static_cast<char>(size);
    query.append(name, static_cast<size_t>(size));
    query.append("\4shop\7example\0\0\1\0\1", 18);
    answer = query;
    answer[2] = '\x81';
    answer[7] = static_cast<char>(kAddresses);
    for (unsigned i = 0; i < kAddresses; ++i) {
      answer.append("\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4", 12);
      Put16(answer, 0xc600 + (number * kAddresses + i) / 65536);
      Put16(answer, (number * kAddresses + i) & 0xffff);
    }
  }
};

std::vector<std::string> Folders(const std::string& path) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_directory()) found.push_back(entry.path());
  }
  return found;
}

int Fill(const std::string& path) {
  const Servers servers;
  LookUp look;
  uint32_t number = 0;
  const auto cgroups = Folders(path);
  for (const std::string& cgroup : cgroups) {
    Join(cgroup);
    const int client = Client(SOCK_DGRAM, kDnsPort);
    for (int i = 0; i < kLookUps; ++i) {
      look.Make(number++);
      Exchange(client, servers.dns, look.query, look.answer);
    }
    close(client);
    // Slower than the ring is emptied, so that nothing is lost.
    usleep(2000);
  }
  std::printf("{\"cgroups\": %zu, \"lookups\": %u}\n", cgroups.size(), number);
  return 0;
}

int Steady(const std::string& path, uint64_t rate, uint64_t seconds) {
  const Servers servers;
  std::vector<int> clients;
  for (const std::string& cgroup : Folders(path)) {
    Join(cgroup);
    clients.push_back(Client(SOCK_DGRAM, kDnsPort));
  }
  Pin(kCpu);
  LookUp look;
  const uint64_t start = NowNs(CLOCK_MONOTONIC);
  const uint64_t cpu = NowNs(CLOCK_THREAD_CPUTIME_ID);
  uint64_t done = 0;
  uint64_t passed = 0;
  while ((passed = NowNs(CLOCK_MONOTONIC) - start) < seconds * 1'000'000'000) {
    // What the rate asks for by now, in bursts of at most ten ticks.
    const uint64_t due = rate * passed / 1'000'000'000;
    const uint64_t most = done + std::max<uint64_t>(rate / 100, 1);
    for (; done < std::min(due, most); ++done) {
      look.Make(static_cast<uint32_t>(done % 20'000));
      Exchange(clients[done % clients.size()], servers.dns, look.query,
               look.answer);
      ConnectOnce(servers.stream, kStreamPort);
    }
    if (done >= due) usleep(kTickNs / 1000);
  }
  std::printf(
      "{\"done\": %llu, \"seconds\": %.3f, \"cpu_ns\": %llu}\n",
      static_cast<unsigned long long>(done), static_cast<double>(passed) / 1e9,
      static_cast<unsigned long long>(NowNs(CLOCK_THREAD_CPUTIME_ID) - cpu));
  return 0;
}

// No server: the answer is a reset, and the other CPU stays free.  RATE 0: as
// many as it can.
int Connects(const std::string& cgroup, uint64_t rate, uint64_t seconds) {
  Join(cgroup);
  const uint64_t start = NowNs(CLOCK_MONOTONIC);
  uint64_t done = 0;
  uint64_t passed = 0;
  while ((passed = NowNs(CLOCK_MONOTONIC) - start) < seconds * 1'000'000'000) {
    const uint64_t due = rate == 0 ? done + 100 : rate * passed / 1'000'000'000;
    for (; done < due; ++done) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(static_cast<uint16_t>(10'000 + done % 50'000));
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const int fd =
          Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
      (void)connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
      close(fd);
    }
    if (rate > 0) usleep(kTickNs / 1000);
  }
  std::printf("{\"done\": %llu, \"seconds\": %.3f}\n",
              static_cast<unsigned long long>(done),
              static_cast<double>(passed) / 1e9);
  return 0;
}

int Windows(const std::string& cgroup) {
  auto generator = Generator::Start(cgroup, kCpu);
  if (!generator) return 1;
  unsigned milliseconds = 0;
  while (std::scanf(" connect %u", &milliseconds) == 1) {
    const auto window =
        generator->Run(Work::kConnect, uint64_t{milliseconds} * 1'000'000);
    if (!window) return 1;
    std::printf("%llu %llu\n",
                static_cast<unsigned long long>(window->operations),
                static_cast<unsigned long long>(window->cpu_ns));
    std::fflush(stdout);
  }
  return 0;
}

int Main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  if (verb == "fill") return Fill(argv[2]);
  if (verb == "windows") return Windows(argv[2]);
  if (verb == "steady" && argc == 5)
    return Steady(argv[2], std::strtoull(argv[3], nullptr, 10),
                  std::strtoull(argv[4], nullptr, 10));
  if (verb == "connects" && argc == 5)
    return Connects(argv[2], std::strtoull(argv[3], nullptr, 10),
                    std::strtoull(argv[4], nullptr, 10));
  std::fprintf(stderr,
               "load fill|connects|steady|windows CGROUPS [RATE SECONDS]\n");
  return 2;
}

}  // namespace
}  // namespace nameward

int main(int argc, char** argv) { return nameward::Main(argc, argv); }
