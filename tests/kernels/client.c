// SPDX-License-Identifier: Apache-2.0
// The guest's client: it says who it is, looks a name up and connects to
// the address it was told; or it only connects; or it accepts connections.
//
//   client ask udp|tcp SERVER NAME A|AAAA PORT
//   client connect ADDRESS PORT
//   client serve PORT
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char* what) {
  perror(what);
  exit(1);
}

// One JSON line that the check compares with what the sensor saw.
static void say_who(void) {
  struct stat mntns;

  if (stat("/proc/self/ns/mnt", &mntns)) fail("/proc/self/ns/mnt");
  printf("{\"pid\":%d,\"mntns\":%lu}\n", getpid(), (unsigned long)mntns.st_ino);
  fflush(stdout);
}

static int open_to(const char* address, const char* port, int type) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                           .ai_socktype = type},
                  *to;
  int fd;

  if (getaddrinfo(address, port, &hints, &to)) fail(address);
  fd = socket(to->ai_family, type, 0);
  if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen)) fail(address);
  freeaddrinfo(to);
  return fd;
}

// RFC 1035 4.1, after two bytes of length (4.2.2).  Returns the message's
// length.
static size_t build_query(unsigned char* out, const char* name,
                          unsigned char type) {
  static const unsigned char head[] = {0, 0, 0x4e, 0x57, 1, 0, 0,
                                       1, 0, 0,    0,    0, 0, 0};
  unsigned char* at = out + sizeof(head);
  size_t length;

  memcpy(out, head, sizeof(head));
  while (*name) {
    length = strcspn(name, ".");
    *at++ = (unsigned char)length;
    memcpy(at, name, length);
    at += length;
    name += length + (name[length] == '.');
  }
  memcpy(at, "\0\0\0\0\1", 5);
  at[2] = type;
  at += 5;
  length = (size_t)(at - out) - 2;
  out[1] = (unsigned char)length;
  return length;
}

// The address of the last record, which ends a message without EDNS.
static void look_up(char** words, char* address, socklen_t room) {
  int tcp = !strcmp(words[0], "tcp"), v6 = !strcmp(words[3], "AAAA");
  size_t have = 0, wanted = 2, size = v6 ? 16 : 4;
  unsigned char message[600];
  ssize_t n;
  int fd = open_to(words[1], "53", tcp ? SOCK_STREAM : SOCK_DGRAM);

  n = (ssize_t)build_query(message, words[2], v6 ? 28 : 1);
  if (write(fd, message + (tcp ? 0 : 2), (size_t)n + (tcp ? 2 : 0)) < 0)
    fail("query");
  if (!tcp) {
    n = read(fd, message, sizeof(message));
    have = n > 0 ? (size_t)n : 0;
  }
  while (tcp && have < wanted) {
    n = read(fd, message + have, sizeof(message) - have);
    if (n <= 0) fail("answer");
    have += (size_t)n;
    if (have >= 2) wanted = 2 + ((size_t)message[0] << 8 | message[1]);
  }
  if (have < size ||
      !inet_ntop(v6 ? AF_INET6 : AF_INET, message + have - size, address, room))
    fail("answer");
  close(fd);
}

static void serve(const char* port) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                             .sin6_port = htons((in_port_t)atoi(port))};
  int fd = socket(AF_INET6, SOCK_STREAM, 0);

  if (bind(fd, (struct sockaddr*)&any, sizeof(any)) || listen(fd, 16))
    fail("serve");
  for (;;) close(accept(fd, NULL, NULL));
}

int main(int argc, char** argv) {
  char address[INET6_ADDRSTRLEN];

  if (argc == 3 && !strcmp(argv[1], "serve")) serve(argv[2]);
  say_who();
  if (argc == 7 && !strcmp(argv[1], "ask")) {
    look_up(argv + 2, address, sizeof(address));
    return close(open_to(address, argv[6], SOCK_STREAM));
  }
  if (argc == 4 && !strcmp(argv[1], "connect"))
    return close(open_to(argv[2], argv[3], SOCK_STREAM));
  return 2;
}
