# SPDX-License-Identifier: Apache-2.0
# The image of `./dev image`, for who builds with a container engine:
#
#   docker build -t localhost/nameward:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 ...
#
# Both lay out the same files with tools/image/rootfs.sh.
FROM debian:12 AS build
WORKDIR /nameward
COPY tools/dev/packages-build.txt tools/dev/packages-image.txt \
     tools/dev/librdkafka.sh tools/dev/
RUN apt-get update \
 && sed -e 's/#.*//' tools/dev/packages-*.txt | DEBIAN_FRONTEND=noninteractive \
      xargs apt-get install -y --no-install-recommends \
 && tools/dev/librdkafka.sh
COPY . .
RUN cmake --preset release -DNW_TESTS=OFF -DNW_BENCHMARKS=OFF \
      -DNW_LIBRDKAFKA="$(tools/dev/librdkafka.sh)" \
 && cmake --build build/release --target nameward \
 && tools/image/rootfs.sh build/release/nameward /rootfs

FROM scratch
COPY --from=build /rootfs/ /
ENV PATH=/usr/bin
WORKDIR /
LABEL org.opencontainers.image.title="nameward" \
      org.opencontainers.image.description="DNS and connect sensor for Kubernetes nodes" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/bin/nameward"]
CMD ["run"]
