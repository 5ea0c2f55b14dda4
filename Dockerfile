# One image, three programs: order-engine (the default), api-gateway, order-worker.
#
#   docker build -t order-engine \
#     --build-arg COMMIT="$(git rev-parse HEAD)" --build-arg DATE="$(git log -1 --format=%cs)" .
#
# Behind a proxy: --build-arg HTTPS_PROXY=... (Docker knows that one by itself). Behind a mirror:
# --build-arg BUILD_IMAGE=mirror/rust:1.95-slim-bookworm --build-arg CARGO_REGISTRY=sparse+https://mirror/
# Nothing is fetched at run time.

ARG BUILD_IMAGE=rust:1.95-slim-bookworm

FROM ${BUILD_IMAGE} AS base
ARG CARGO_REGISTRY=
WORKDIR /src
# The image brings the toolchain; rust-toolchain.toml would fetch lint and format beside it.
ENV RUSTUP_TOOLCHAIN=1.95.0 CARGO_TERM_COLOR=never
RUN if [ -n "$CARGO_REGISTRY" ]; then \
      printf '[source.crates-io]\nreplace-with = "mirror"\n[source.mirror]\nregistry = "%s"\n' \
        "$CARGO_REGISTRY" > "$CARGO_HOME/config.toml"; \
    fi
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates tini >/dev/null \
 && rm -rf /var/lib/apt/lists/*

# What the dependencies are, without the code: the next stage is built again only when this changes.
FROM base AS manifests
COPY . .
RUN deploy/image/manifests /manifests

FROM base AS dependencies
COPY --from=manifests /manifests .
RUN cargo build --profile dist --locked --bins -p order-engine

FROM dependencies AS build
ARG COMMIT=
ARG DATE=
COPY . .
# Files keep the times they had outside, which may be before those of the empty ones built above.
RUN find crates -name '*.rs' -exec touch {} + \
 && ORDER_ENGINE_COMMIT="$COMMIT" ORDER_ENGINE_DATE="$DATE" \
    cargo build --profile dist --locked --bins -p order-engine
RUN deploy/image/rootfs target/dist /rootfs

FROM scratch
COPY --from=build /rootfs /
ENV HOST=0.0.0.0 PORT=3000 DATA_DIR=/data LOG_FORMAT=json PATH=/usr/bin
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["/usr/bin/order-engine", "health"]
# Platforms differ in whether a command of theirs replaces the entry or follows it: with an init that runs
# what it is given, both come to the same.
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["/usr/bin/order-engine"]
