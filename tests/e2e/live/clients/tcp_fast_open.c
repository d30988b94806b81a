/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_fast_open SERVER NAME: a DNS query over TCP that travels in the SYN (RFC
 * 7413).  Prints whether the server took it from there.
 */
#include <netinet/tcp.h>

#include "client.h"

#ifndef TCPI_OPT_SYN_DATA
#define TCPI_OPT_SYN_DATA 32
#endif

int main(int argc, char** argv) {
  unsigned char query[2 + QUERY_MAX];
  struct tcp_info info = {0};
  socklen_t length = sizeof(info);
  struct peer server;
  size_t size;
  int fd;

  if (argc != 3) return 2;
  server = peer_of(argv[1], "53");
  size = put_query(query + 2, 7, argv[2]);
  query[0] = (unsigned char)(size >> 8);
  query[1] = (unsigned char)size;
  fd = open_socket(&server, SOCK_STREAM);
  need(sendto(fd, query, size + 2, MSG_FASTOPEN,
              (struct sockaddr*)&server.address,
              server.size) == (ssize_t)size + 2,
       "sendto");
  need(recv(fd, query, sizeof(query), 0) > 14, "recv");
  need(!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
  puts(info.tcpi_options & TCPI_OPT_SYN_DATA ? "in the SYN" : "after the SYN");
  return 0;
}
