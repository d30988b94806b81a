/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp_fork SERVER NAME: the parent makes and connects the socket, its child
 * asks. Prints the child's pid.
 */
#include <sys/wait.h>

#include "client.h"

int main(int argc, char** argv) {
  unsigned char query[QUERY_MAX];
  struct peer server;
  size_t size;
  int fd, status;
  pid_t child;

  if (argc != 3) return 2;
  server = peer_of(argv[1], "53");
  size = put_query(query, 7, argv[2]);
  fd = open_socket(&server, SOCK_DGRAM);
  need(!connect(fd, (struct sockaddr*)&server.address, server.size), "connect");
  child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    need(send(fd, query, size, 0) > 0, "send");
    need(recv(fd, query, sizeof(query), 0) > 12, "recv");
    _exit(0);
  }
  need(waitpid(child, &status, 0) == child && status == 0, "waitpid");
  printf("%d\n", child);
  return 0;
}
