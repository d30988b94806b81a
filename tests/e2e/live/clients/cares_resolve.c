/* SPDX-License-Identifier: Apache-2.0 */
/* cares_resolve NAME: c-ares asks for A and AAAA; prints what it was told. */
#include <ares.h>
#include <netdb.h>
#include <sys/select.h>

#include "client.h"

static void on_addresses(void* arg, int status, int timeouts,
                         struct ares_addrinfo* result) {
  struct ares_addrinfo_node* node;
  char address[INET6_ADDRSTRLEN];
  const void* in;

  (void)timeouts;
  *(int*)arg = status;
  for (node = result ? result->nodes : NULL; node; node = node->ai_next) {
    in = node->ai_family == AF_INET6
             ? (const void*)&((struct sockaddr_in6*)node->ai_addr)->sin6_addr
             : (const void*)&((struct sockaddr_in*)node->ai_addr)->sin_addr;
    puts(inet_ntop(node->ai_family, in, address, sizeof(address)));
  }
  ares_freeaddrinfo(result);
}

static void run(ares_channel channel) {
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  fd_set readable, writable;
  int count;

  for (;;) {
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    count = ares_fds(channel, &readable, &writable);
    if (count == 0) return;
    need(select(count, &readable, &writable, NULL, &patience) >= 0, "select");
    ares_process(channel, &readable, &writable);
  }
}

int main(int argc, char** argv) {
  struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                      .ai_socktype = SOCK_STREAM};
  ares_channel channel;
  int status = ARES_ENODATA;

  if (argc != 2 || ares_library_init(ARES_LIB_INIT_ALL) || ares_init(&channel))
    return 2;
  ares_getaddrinfo(channel, argv[1], NULL, &hints, on_addresses, &status);
  run(channel);
  ares_destroy(channel);
  return status == ARES_SUCCESS ? 0 : 1;
}
