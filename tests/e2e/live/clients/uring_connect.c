/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uring_connect inline|async ADDRESS PORT: a connect by io_uring, tried at once
 * in the submitting task, or left to a worker thread of the kernel
 * (IOSQE_ASYNC).
 */
#include <liburing.h>

#include "client.h"

int main(int argc, char** argv) {
  struct io_uring_cqe* done;
  struct io_uring_sqe* entry;
  struct io_uring ring;
  struct peer server;
  int fd;

  if (argc != 4) return 2;
  server = peer_of(argv[2], argv[3]);
  fd = open_socket(&server, SOCK_STREAM);
  need(!io_uring_queue_init(4, &ring, 0), "io_uring_queue_init");
  entry = io_uring_get_sqe(&ring);
  io_uring_prep_connect(entry, fd, (struct sockaddr*)&server.address,
                        server.size);
  if (strcmp(argv[1], "async") == 0) io_uring_sqe_set_flags(entry, IOSQE_ASYNC);
  need(io_uring_submit(&ring) == 1, "io_uring_submit");
  need(!io_uring_wait_cqe(&ring, &done), "io_uring_wait_cqe");
  printf("%s\n", strerror(-done->res));
  fd = done->res;
  io_uring_queue_exit(&ring);
  return fd ? 1 : 0;
}
