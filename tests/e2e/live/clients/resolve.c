/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve NAME PORT: getaddrinfo of whatever C library it is linked with, then
 * a TCP connect to the first address that takes it.
 */
#include <netdb.h>

#include "client.h"

int main(int argc, char** argv) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *one;
  char address[INET6_ADDRSTRLEN];
  int error, fd;

  if (argc != 3) return 2;
  error = getaddrinfo(argv[1], argv[2], &hints, &list);
  if (error) {
    fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
    return 1;
  }
  for (one = list; one; one = one->ai_next) {
    fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
    need(fd >= 0, "socket");
    if (connect(fd, one->ai_addr, one->ai_addrlen) == 0) {
      need(!getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof(address),
                        NULL, 0, NI_NUMERICHOST),
           "getnameinfo");
      puts(address);
      return 0;
    }
    close(fd);
  }
  return 1;
}
