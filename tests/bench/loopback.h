// SPDX-License-Identifier: Apache-2.0
// Sockets on 127.0.0.1 for the programs that make load.  What fails ends the
// process with a sentence: a measurement with a hole in it is none.
#ifndef NAMEWARD_TESTS_BENCH_LOOPBACK_H_
#define NAMEWARD_TESTS_BENCH_LOOPBACK_H_

#include <netinet/in.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace nameward {

[[noreturn]] void Die(const char* what);
int Must(int result, const char* what);
void MustBe(ssize_t got, size_t wanted, const char* what);

uint64_t NowNs(clockid_t clock);

int Server(int type, uint16_t port);
int Client(int type, uint16_t port);  // connected
void CloseHard(int fd);               // RST: no TIME_WAIT piles up

// One TCP connection there and back: connect, accept, close both.
void ConnectOnce(int listener, uint16_t port);
// One datagram from `client` to `server`, and one back.
void Exchange(int client, int server, std::string_view ask,
              std::string_view reply);

void OwnNetwork();  // a network namespace with lo up
void Join(const std::string& cgroup);
void Pin(int cpu);  // and go before all others there (SCHED_FIFO)

}  // namespace nameward

#endif  // NAMEWARD_TESTS_BENCH_LOOPBACK_H_
