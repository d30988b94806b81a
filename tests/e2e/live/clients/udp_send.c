/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp_send unconnected|connected|cmsg SERVER NAME ANSWERS: one query, three
 * ways to send it; ends when so many answers have come.  `cmsg` is connected
 * and sends control data, which makes the kernel run its sendmsg hook with no
 * address.
 */
#include "client.h"

static void send_with_control_data(int fd, unsigned char* query, size_t size) {
  struct iovec part = {.iov_base = query, .iov_len = size};
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  struct cmsghdr* header;
  const int ttl = 64;

  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_TTL;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &ttl, sizeof(ttl));
  need(sendmsg(fd, &message, 0) == (ssize_t)size, "sendmsg");
}

int main(int argc, char** argv) {
  unsigned char query[QUERY_MAX];
  struct peer server;
  size_t size;
  int fd;

  if (argc != 5) return 2;
  server = peer_of(argv[2], "53");
  size = put_query(query, 7, argv[3]);
  fd = open_socket(&server, SOCK_DGRAM);
  if (strcmp(argv[1], "unconnected") == 0) {
    need(sendto(fd, query, size, 0, (struct sockaddr*)&server.address,
                server.size) > 0,
         "sendto");
  } else {
    need(!connect(fd, (struct sockaddr*)&server.address, server.size),
         "connect");
    if (strcmp(argv[1], "cmsg") == 0)
      send_with_control_data(fd, query, size);
    else
      need(send(fd, query, size, 0) > 0, "send");
  }
  take_answers(fd, atoi(argv[4]));
  return 0;
}
