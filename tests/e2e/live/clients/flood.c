/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood SERVER COUNT [SECONDS]: COUNT queries as fast as they go, and on until
 * SECONDS are over; waits for no answer; says how many were sent.
 */
#include <time.h>

#include "client.h"

static double now(void) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char** argv) {
  unsigned char query[QUERY_MAX];
  struct peer server;
  double until;
  size_t size;
  long count, sent;
  int fd;

  if (argc < 3) return 2;
  server = peer_of(argv[1], "53");
  count = atol(argv[2]);
  until = now() + (argc > 3 ? atof(argv[3]) : 0);
  fd = open_socket(&server, SOCK_DGRAM);
  for (sent = 0; sent < count || now() < until; ++sent) {
    size = put_query(query, (uint16_t)sent, "flood.load.test");
    need(sendto(fd, query, size, 0, (struct sockaddr*)&server.address,
                server.size) == (ssize_t)size,
         "sendto");
  }
  printf("%ld\n", sent);
  return 0;
}
