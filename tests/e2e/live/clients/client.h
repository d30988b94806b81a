/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the clients of the live tests share.  Each client does one thing, prints
 * what came of it, and ends with 0; the process that was started is the one
 * that does it, unless the client says another pid.
 */
#ifndef NAMEWARD_CLIENTS_CLIENT_H
#define NAMEWARD_CLIENTS_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define QUERY_MAX 300
#define ANSWER_MAX 4096
#define PATIENCE_SECONDS 10

static inline void need(int ok, const char* what) {
  if (ok) return;
  perror(what);
  exit(1);
}

/* A query for the A records of `name` (RFC 1035 4.1); returns its size. */
static inline size_t put_query(unsigned char* out, uint16_t id,
                               const char* name) {
  unsigned char* p = out;
  const char* dot;
  size_t length;

  *p++ = (unsigned char)(id >> 8);
  *p++ = (unsigned char)id;
  memcpy(p, "\x01\0\0\1\0\0\0\0\0\0", 10); /* RD, one question */
  for (p += 10; *name; name += length + (dot != NULL)) {
    dot = strchr(name, '.');
    length = dot ? (size_t)(dot - name) : strlen(name);
    *p++ = (unsigned char)length;
    memcpy(p, name, length);
    p += length;
  }
  memcpy(p, "\0\0\1\0\1", 5); /* the root, type A, class IN */
  return (size_t)(p + 5 - out);
}

struct peer {
  struct sockaddr_storage address;
  socklen_t size;
};

/* A v4-mapped address is one of IPv6. */
static inline struct peer peer_of(const char* address, const char* port) {
  struct peer peer = {.size = sizeof(struct sockaddr_in)};
  struct sockaddr_in6* v6 = (struct sockaddr_in6*)&peer.address;
  struct sockaddr_in* v4 = (struct sockaddr_in*)&peer.address;

  v4->sin_family = AF_INET;
  v4->sin_port = htons((uint16_t)atoi(port));
  if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) return peer;
  v6->sin6_family = AF_INET6;
  need(inet_pton(AF_INET6, address, &v6->sin6_addr) == 1, address);
  peer.size = sizeof(*v6);
  return peer;
}

static inline int open_socket(const struct peer* peer, int type) {
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  int fd = socket(peer->address.ss_family, type | SOCK_CLOEXEC, 0);

  need(fd >= 0, "socket");
  need(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
       "SO_RCVTIMEO");
  return fd;
}

/* Takes `count` answers, which are datagrams, and says which came. */
static inline void take_answers(int fd, int count) {
  unsigned char answer[ANSWER_MAX];

  while (count-- > 0) {
    need(recv(fd, answer, sizeof(answer), 0) > 12, "recv");
    printf("answer %d\n", answer[0] << 8 | answer[1]);
  }
}

#endif
