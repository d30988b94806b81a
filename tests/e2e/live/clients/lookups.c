/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookups SERVER PARALLEL FIRST COUNT [connect]: looks up n<FIRST>.load.test
 * and the COUNT - 1 names after it, PARALLEL at a time, each from a socket of
 * its own; with `connect` it connects to what an answer gave, at once.  A
 * connect that is refused is one all the same.
 */
#include "client.h"

#define PARALLEL_MAX 64

static void ask(int fd, const struct peer* server, int number) {
  unsigned char query[QUERY_MAX];
  char name[32];
  size_t size;

  snprintf(name, sizeof(name), "n%d.load.test", number);
  size = put_query(query, (uint16_t)number, name);
  need(sendto(fd, query, size, 0, (const struct sockaddr*)&server->address,
              server->size) == (ssize_t)size,
       "sendto");
}

/* The address is the last thing in an answer without EDNS. */
static struct peer take(int fd, int number) {
  unsigned char answer[ANSWER_MAX];
  struct peer given = {.size = sizeof(struct sockaddr_in)};
  struct sockaddr_in* v4 = (struct sockaddr_in*)&given.address;
  const ssize_t size = recv(fd, answer, sizeof(answer), 0);

  need(size > 16 && (answer[0] << 8 | answer[1]) == (number & 0xffff), "recv");
  v4->sin_family = AF_INET;
  v4->sin_port = htons(8080);
  memcpy(&v4->sin_addr, answer + size - 4, 4);
  return given;
}

static void connect_to(const struct peer* peer) {
  const int fd = open_socket(peer, SOCK_STREAM);

  (void)!connect(fd, (const struct sockaddr*)&peer->address, peer->size);
  close(fd);
}

int main(int argc, char** argv) {
  int fds[PARALLEL_MAX], parallel, first, count, at, i;
  struct peer server, given;

  if (argc < 5) return 2;
  server = peer_of(argv[1], "53");
  parallel = atoi(argv[2]);
  first = atoi(argv[3]);
  count = atoi(argv[4]);
  if (parallel < 1 || parallel > PARALLEL_MAX) return 2;
  for (i = 0; i < parallel; ++i) fds[i] = open_socket(&server, SOCK_DGRAM);
  for (at = 0; at < count; at += parallel) {
    for (i = 0; i < parallel && at + i < count; ++i)
      ask(fds[i], &server, first + at + i);
    for (i = 0; i < parallel && at + i < count; ++i) {
      given = take(fds[i], first + at + i);
      if (argc > 5) connect_to(&given);
    }
  }
  return 0;
}
