/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp_train segment|sendmmsg SERVER NAME NAME NAME: three queries of one length
 * with one system call, as one buffer that the kernel cuts (UDP_SEGMENT, 4.18)
 * or as three messages.
 */
#include "client.h"

#define QUERIES 3
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static void send_segments(int fd, unsigned char* queries, size_t size) {
  const int step = (int)size;

  need(!setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &step, sizeof(step)),
       "UDP_SEGMENT");
  need(send(fd, queries, QUERIES * size, 0) == (ssize_t)(QUERIES * size),
       "send");
}

static void send_messages(int fd, unsigned char* queries, size_t size) {
  struct mmsghdr messages[QUERIES] = {0};
  struct iovec parts[QUERIES];
  int i;

  for (i = 0; i < QUERIES; i++) {
    parts[i].iov_base = queries + (size_t)i * size;
    parts[i].iov_len = size;
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  need(sendmmsg(fd, messages, QUERIES, 0) == QUERIES, "sendmmsg");
}

int main(int argc, char** argv) {
  unsigned char queries[QUERIES * QUERY_MAX];
  struct peer server;
  size_t size = 0;
  int fd, i;

  if (argc != 3 + QUERIES) return 2;
  for (i = 0; i < QUERIES; i++)
    size =
        put_query(queries + (size_t)i * size, (uint16_t)(i + 1), argv[3 + i]);
  server = peer_of(argv[2], "53");
  fd = open_socket(&server, SOCK_DGRAM);
  need(!connect(fd, (struct sockaddr*)&server.address, server.size), "connect");
  if (strcmp(argv[1], "segment") == 0)
    send_segments(fd, queries, size);
  else
    send_messages(fd, queries, size);
  take_answers(fd, QUERIES);
  return 0;
}
