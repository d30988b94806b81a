// SPDX-License-Identifier: Apache-2.0
/*
 * What test pods run: one static program whose first act is the one that a test
 * asks for.
 *
 *   nwbox pause                     waits until it is told to end
 *   nwbox speak [flags] NAME...     looks up each name and connects to it
 *     -n ROUNDS   how often; 0: until it is killed (1)
 *     -i MS       between two rounds (0)
 *     -p PORT     to connect to (80)
 *     -t udp|tcp  how (tcp); udp sends one datagram on a connected socket
 *     -l          look up only
 *     -f          ends at the first failure
 *     -s          SIGTERM ends it at once; else only SIGKILL does, so that it
 *                 speaks while the pod is being deleted
 *     -w          waits to be told to end when it has spoken
 *   nwbox connect [-t udp|tcp] ADDRESS PORT   without any look-up
 *   nwbox ask SERVER PORT NAME [COUNT]        questions; waits for no answer
 *   nwbox serve PORT     TCP: answers and closes; UDP: echo
 *   nwbox ping ADDRESS   one echo request, on a ping socket
 *   nwbox mesh RESOLVER  a sidecar's proxy: UDP 15053 to the resolver,
 *                        TCP 15001 to the address that was meant
 *
 * In a NAME, %u is $POD_UID, %c is $CONTAINER and %n is the round's number.
 * Exit status 1 if the last look-up or connect failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct plan {
  long rounds, interval_ms;
  const char* port;
  int type;  // SOCK_STREAM or SOCK_DGRAM
  bool look_up_only, until_failure, wait;
};

static void end(int signal) {
  (void)signal;
  _exit(0);
}

static _Noreturn void wait_for_end(void) {
  signal(SIGTERM, end);
  for (;;) pause();
}

static const char* variable(char letter) {
  const char* value = getenv(letter == 'u' ? "POD_UID" : "CONTAINER");
  return value != NULL ? value : "unset";
}

static void fill(const char* pattern, long round, char* name, size_t size) {
  size_t at = 0;
  for (; *pattern != '\0' && at < size; ++pattern) {
    if (pattern[0] != '%' || pattern[1] == '\0') {
      name[at++] = *pattern;
    } else if (*++pattern == 'n') {
      at += (size_t)snprintf(name + at, size - at, "%ld", round);
    } else {
      at += (size_t)snprintf(name + at, size - at, "%s", variable(*pattern));
    }
  }
  name[at < size ? at : size - 1] = '\0';
}

// A connect, one small payload, and (TCP) the answer; false if any of it fails.
static bool meet(const struct sockaddr* to, socklen_t size, int type) {
  const struct timeval patience = {.tv_sec = 5};
  int fd = socket(to->sa_family, type | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  char answer[256];
  bool met = connect(fd, to, size) == 0 &&
             send(fd, "hello\r\n", 7, MSG_NOSIGNAL) == 7 &&
             (type == SOCK_DGRAM || recv(fd, answer, sizeof answer, 0) > 0);
  close(fd);
  return met;
}

static bool speak_once(const struct plan* plan, const char* name) {
  const struct addrinfo hints = {.ai_family = AF_INET,
                                 .ai_socktype = plan->type};
  struct addrinfo* found;
  int error = getaddrinfo(name, plan->port, &hints, &found);
  if (error != 0) {
    fprintf(stderr, "%s: %s\n", name, gai_strerror(error));
    return false;
  }
  bool met =
      plan->look_up_only || meet(found->ai_addr, found->ai_addrlen, plan->type);
  if (!met) fprintf(stderr, "%s: %s\n", name, strerror(errno));
  freeaddrinfo(found);
  return met;
}

static int speak(const struct plan* plan, char** names) {
  const struct timespec interval = {
      .tv_sec = plan->interval_ms / 1000,
      .tv_nsec = plan->interval_ms % 1000 * 1000000};
  bool met = true;
  for (long round = 1; plan->rounds == 0 || round <= plan->rounds; ++round) {
    for (char** pattern = names; *pattern != NULL; ++pattern) {
      char name[256];
      fill(*pattern, round, name, sizeof name);
      met = speak_once(plan, name);
      if (!met && plan->until_failure) return 1;
    }
    if (round != plan->rounds) nanosleep(&interval, NULL);
  }
  if (plan->wait) wait_for_end();
  return met ? 0 : 1;
}

static int type_of(const char* word) {
  return strcmp(word, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
}

static int speak_as_told(int count, char** words) {
  signal(SIGTERM, SIG_IGN);
  struct plan plan = {.rounds = 1, .port = "80", .type = SOCK_STREAM};
  for (int flag; (flag = getopt(count, words, "n:i:p:t:lfsw")) != -1;) {
    switch (flag) {
      case 'n':
        plan.rounds = atol(optarg);
        break;
      case 'i':
        plan.interval_ms = atol(optarg);
        break;
      case 'p':
        plan.port = optarg;
        break;
      case 't':
        plan.type = type_of(optarg);
        break;
      case 'l':
        plan.look_up_only = true;
        break;
      case 'f':
        plan.until_failure = true;
        break;
      case 's':
        signal(SIGTERM, end);
        break;
      case 'w':
        plan.wait = true;
        break;
      default:
        return 2;
    }
  }
  return speak(&plan, words + optind);
}

static struct sockaddr_in address(const char* host, const char* port) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, host, &at.sin_addr) != 1) exit(2);
  return at;
}

static int connect_to(int count, char** words) {
  int type = SOCK_STREAM;
  if (count == 5 && strcmp(words[1], "-t") == 0) {
    type = type_of(words[2]);
    words += 2;
  } else if (count != 3) {
    return 2;
  }
  struct sockaddr_in to = address(words[1], words[2]);
  bool met = meet((struct sockaddr*)&to, sizeof to, type);
  if (!met) perror(words[1]);
  return met ? 0 : 1;
}

// RFC 1035 §4.1: a header, and one question for an A record.
static size_t question(const char* name, uint16_t id, unsigned char* message) {
  const unsigned char header[12] = {
      (unsigned char)(id >> 8), (unsigned char)id, 1, 0, 0, 1};
  memcpy(message, header, sizeof header);
  unsigned char* at = message + sizeof header;
  while (*name != '\0') {
    size_t label = strcspn(name, ".");
    *at++ = (unsigned char)label;
    memcpy(at, name, label);
    at += label;
    name += label + (name[label] == '.');
  }
  const unsigned char tail[5] = {0, 0, 1, 0, 1};
  memcpy(at, tail, sizeof tail);
  return (size_t)(at + sizeof tail - message);
}

static int ask(int count, char** words) {
  if (count < 4) return 2;
  struct sockaddr_in to = address(words[1], words[2]);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  long questions = count > 4 ? atol(words[4]) : 1;
  for (long n = 1; n <= questions; ++n) {
    char name[256];
    unsigned char message[512];
    fill(words[3], n, name, sizeof name);
    size_t size = question(name, (uint16_t)n, message);
    sendto(fd, message, size, 0, (struct sockaddr*)&to, sizeof to);
  }
  return 0;
}

static void answer_tcp(int listener) {
  int peer = accept(listener, NULL, NULL);
  char text[512];
  if (recv(peer, text, sizeof text, 0) > 0) {
    static const char kAnswer[] =
        "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
    send(peer, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL);
  }
  close(peer);
}

static void answer_udp(int server) {
  char text[2048];
  struct sockaddr_in peer;
  socklen_t size = sizeof peer;
  ssize_t got =
      recvfrom(server, text, sizeof text, 0, (struct sockaddr*)&peer, &size);
  if (got >= 0)
    sendto(server, text, (size_t)got, 0, (struct sockaddr*)&peer, size);
}

static int serve(const char* port) {
  signal(SIGTERM, end);
  struct sockaddr_in at = address("0.0.0.0", port);
  struct pollfd sockets[2] = {{.events = POLLIN}, {.events = POLLIN}};
  const int types[2] = {SOCK_STREAM, SOCK_DGRAM}, yes = 1;
  for (int i = 0; i < 2; ++i) {
    sockets[i].fd = socket(AF_INET, types[i], 0);
    setsockopt(sockets[i].fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(sockets[i].fd, (struct sockaddr*)&at, sizeof at) != 0) return 1;
  }
  if (listen(sockets[0].fd, 128) != 0) return 1;
  while (poll(sockets, 2, -1) > 0) {
    if (sockets[0].revents != 0) answer_tcp(sockets[0].fd);
    if (sockets[1].revents != 0) answer_udp(sockets[1].fd);
  }
  return 1;
}

static int ping(const char* host) {
  struct sockaddr_in to = address(host, "0");
  const struct icmphdr echo = {.type = ICMP_ECHO};
  int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  ssize_t sent =
      sendto(fd, &echo, sizeof echo, 0, (struct sockaddr*)&to, sizeof to);
  if (sent < 0) perror("ping");
  return sent == sizeof echo ? 0 : 1;
}

static void set_patience(int fd) {
  const struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

// One question, and the answer of the resolver.
static void pass_question(int server, const char* resolver) {
  char message[2048];
  struct sockaddr_in peer, to = address(resolver, "53");
  socklen_t size = sizeof peer;
  ssize_t got = recvfrom(server, message, sizeof message, 0,
                         (struct sockaddr*)&peer, &size);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  set_patience(fd);
  if (got > 0)
    sendto(fd, message, (size_t)got, 0, (struct sockaddr*)&to, sizeof to);
  got = recv(fd, message, sizeof message, 0);
  if (got > 0)
    sendto(server, message, (size_t)got, 0, (struct sockaddr*)&peer, size);
  close(fd);
}

enum {
  kOriginalDestination = 80
};  // SO_ORIGINAL_DST of linux/netfilter_ipv4.h

// One request, and its answer.
static void pass_stream(int listener) {
  struct sockaddr_in meant;
  socklen_t size = sizeof meant;
  char text[512];
  int peer = accept(listener, NULL, NULL),
      fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_patience(peer);
  set_patience(fd);
  if (getsockopt(peer, SOL_IP, kOriginalDestination, &meant, &size) == 0 &&
      connect(fd, (struct sockaddr*)&meant, sizeof meant) == 0) {
    ssize_t got = recv(peer, text, sizeof text, 0);
    if (got > 0) send(fd, text, (size_t)got, MSG_NOSIGNAL);
    got = recv(fd, text, sizeof text, 0);
    if (got > 0) send(peer, text, (size_t)got, MSG_NOSIGNAL);
  }
  close(fd);
  close(peer);
}

static int mesh(const char* resolver) {
  signal(SIGTERM, end);
  struct sockaddr_in streams = address("0.0.0.0", "15001"),
                     names = address("127.0.0.1", "15053");
  struct pollfd sockets[2] = {{.events = POLLIN}, {.events = POLLIN}};
  sockets[0].fd = socket(AF_INET, SOCK_STREAM, 0);
  sockets[1].fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(sockets[0].fd, (struct sockaddr*)&streams, sizeof streams) != 0 ||
      bind(sockets[1].fd, (struct sockaddr*)&names, sizeof names) != 0 ||
      listen(sockets[0].fd, 128) != 0)
    return 1;
  while (poll(sockets, 2, -1) > 0) {
    if (sockets[0].revents != 0) pass_stream(sockets[0].fd);
    if (sockets[1].revents != 0) pass_question(sockets[1].fd, resolver);
  }
  return 1;
}

int main(int count, char** words) {
  const char* mode = count > 1 ? words[1] : "";
  if (strcmp(mode, "pause") == 0) wait_for_end();
  if (strcmp(mode, "speak") == 0) return speak_as_told(count - 1, words + 1);
  if (strcmp(mode, "connect") == 0) return connect_to(count - 1, words + 1);
  if (strcmp(mode, "ask") == 0) return ask(count - 1, words + 1);
  if (strcmp(mode, "serve") == 0 && count == 3) return serve(words[2]);
  if (strcmp(mode, "ping") == 0 && count == 3) return ping(words[2]);
  if (strcmp(mode, "mesh") == 0 && count == 3) return mesh(words[2]);
  fprintf(stderr,
          "nwbox pause|speak|connect|ask|serve|ping|mesh ... (see nwbox.c)\n");
  return 2;
}
